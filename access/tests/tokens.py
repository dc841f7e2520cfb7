from access.services import create_token


def let_in(scope="dispatcher", **facts):
    """Make a token; return the header with which its holder shows it."""
    return shown(create_token(**{"owner": "a client", "scope": scope} | facts).secret)


def shown(secret):
    return {"HTTP_AUTHORIZATION": f"Token {secret}"}
