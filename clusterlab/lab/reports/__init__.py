"""What stays with a client: one HTML file about a cluster that plays its failures."""
