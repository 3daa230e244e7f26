"""Why a pair was made, in words, in bits and as a picture."""
