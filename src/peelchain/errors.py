"""The errors peelchain raises, each saying what failed, on what, and the remedy."""


class PeelchainError(Exception):
    """Something failed that the user can act on. The message names the thing and the remedy.

    Source: docs of each raiser. `exit_code` is what the command line returns: 1 failed, 2 misuse.
    """

    exit_code = 1


class MisuseError(PeelchainError):
    """The request itself is malformed: a bad address, option, or combination of them."""

    exit_code = 2


class AddressError(MisuseError):
    """A text is not an address of the network; the message says what is wrong with it."""


class NotInChainError(PeelchainError):
    """An address, txid or outpoint is well formed but not in the ingested chain."""


class SourceError(PeelchainError):
    """A source of blocks or a file of facts is damaged, truncated or not what it claims to be."""


class RemoteError(SourceError):
    """A server cannot be reached, or does not answer in time or form. Asking later may help."""


class FalseAnswerError(SourceError):
    """A server's answer contradicts its proof, another answer or the request: it is not used."""


class StoreError(PeelchainError):
    """The store is missing, damaged, or written by another version."""


class StoreLockedError(StoreError):
    """Another process is writing this store; the message says which."""


class TagError(PeelchainError):
    """A tag file or a tag in it was refused; the message names file and row."""


class ConservationError(PeelchainError):
    """A trace does not add up to the satoshi. Always a defect of peelchain: please report it."""


class CaseError(PeelchainError):
    """The case folder or its journal is missing, damaged, or in use."""


class BundleError(PeelchainError):
    """An evidence bundle could not be written or read."""


class MissingInputError(CaseError):
    """What a result was made from is no more at hand: an import, a kept file, a block."""


class OtherChainError(CaseError):
    """A store does not hold the chain that a result was made on, or not so far."""


class ErasedError(CaseError):
    """What is asked for was personal data, and it was erased."""
