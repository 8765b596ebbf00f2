"""Exchange Server 2003 (and 2000) on top of the Cluster service."""
