"""What a user can ask for, as functions: the command line and the web page call only these.

Each takes paths and plain values and gives a JSON-ready dictionary, hashes in display hex, money in
satoshis, times in UTC.
"""
