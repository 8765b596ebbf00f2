"""The Windows Server 2003 Cluster service: values, rules, simulation; it knows no Exchange."""
