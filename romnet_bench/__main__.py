"""`python -m romnet_bench` is `romnet-bench`."""

from romnet_bench.cli import main

if __name__ == "__main__":
    main()
