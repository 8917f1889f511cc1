# pip install "pyjwt[crypto]"
import os

import jwt

issuer = os.environ["ISSUER"]
audience = os.environ.get("AUDIENCE", issuer)
# Keeps the keys for ten minutes, and reads them again when a token names another.
keys = jwt.PyJWKClient(f"{issuer}/.well-known/jwks.json", lifespan=600)


def verify(token: str) -> dict:
    """The claims of an access token. Raises jwt.PyJWTError (or PyJWKClientConnectionError: answer 503 then)."""
    if jwt.get_unverified_header(token).get("typ") != "at+jwt":
        raise jwt.InvalidTokenError("This is not an access token.")
    return jwt.decode(
        token,
        keys.get_signing_key_from_jwt(token).key,
        algorithms=["RS256"],
        issuer=issuer,
        audience=audience,
        leeway=5,  # by default PyJWT refuses a token from a clock that is two seconds ahead
        options={"require": ["exp", "iat", "sub", "sid"]},
    )
