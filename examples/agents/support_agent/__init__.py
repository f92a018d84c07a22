"""A small agent that answers questions about orders, traced in three ways."""
