"""``python -m clusterlab``, for machines on which the scripts folder is not on the path."""

from clusterlab.cli import main

if __name__ == "__main__":
    main()
