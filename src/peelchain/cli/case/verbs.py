"""Every verb of `peelchain case`: importing a file adds its verbs to the group."""

from peelchain.cli.case import attest as attest
from peelchain.cli.case import challenge as challenge
from peelchain.cli.case import disclosure as disclosure
from peelchain.cli.case import erase as erase
from peelchain.cli.case import exhibits as exhibits
from peelchain.cli.case import expand as expand
from peelchain.cli.case import forfeiture as forfeiture
from peelchain.cli.case import interchange as interchange
from peelchain.cli.case import join_table as join_table
from peelchain.cli.case import journal as journal
from peelchain.cli.case import keys as keys
from peelchain.cli.case import opening as opening
from peelchain.cli.case import pictures as pictures
from peelchain.cli.case import redact as redact
from peelchain.cli.case import referrals as referrals
from peelchain.cli.case import replay as replay
from peelchain.cli.case import requests as requests
from peelchain.cli.case import returns as returns
from peelchain.cli.case import runs as runs
from peelchain.cli.case import seeds as seeds
from peelchain.cli.case import statements as statements
from peelchain.cli.case import transfer as transfer
from peelchain.cli.case.app import app as app
