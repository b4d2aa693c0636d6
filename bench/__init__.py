"""Measures the service and writes docs/figures.md: `make bench`, or `python -m bench --help`.

Each module measures one part and gives back rows of the page. Times depend on the machine, so each stands beside a
baseline of the same run, with the load of the machine; counts do not."""
