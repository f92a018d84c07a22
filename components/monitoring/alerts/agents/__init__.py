"""Rules about what agents do, and about the gateway that counts it."""
