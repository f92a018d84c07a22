"""Redis or Valkey: the queues between web and worker, and a cache."""
