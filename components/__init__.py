"""A folder for each noun, and one concept per module: `XArgs` with `X(ComponentResource)`."""
