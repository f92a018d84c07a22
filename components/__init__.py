"""One concept per module: `XArgs` and `X(ComponentResource)`, and pure modules beside them."""
