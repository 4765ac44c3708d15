"""The flags that all pages have; known before the packages of a page are there."""


def add_server_flags(parser, port):
    """Add the flags of all pages to a parser; `port` is this page's default."""
    parser.add_argument(
        "--host",
        default="127.0.0.1",
        help="where to serve; 0.0.0.0 for other machines too, which then need the "
        "token in the address that is printed; default 127.0.0.1, this machine alone",
    )
    parser.add_argument(
        "--port",
        type=int,
        default=port,
        help=f"the first port tried; default {port}",
    )
    parser.add_argument(
        "--no-browser", action="store_true", help="only print the address"
    )
