"""One trace there and back, written with the SDK that fits the server."""
