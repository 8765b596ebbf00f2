"""What a client's logs say: exported event logs and cluster.log, read, and the outages in them."""
