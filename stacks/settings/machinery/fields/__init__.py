"""Field types: each names its rule in words, carries an example, and knows its near misses."""
