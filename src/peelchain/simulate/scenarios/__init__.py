"""Cases beside the pay site: proceeds that somebody moves, with the truth about every satoshi."""
