# pip install joserfc
import json
import os
import urllib.request

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

issuer = os.environ["ISSUER"]
audience = os.environ.get("AUDIENCE", issuer)
# A long-lived server reads them again every ten minutes.
with urllib.request.urlopen(f"{issuer}/.well-known/jwks.json") as answer:
    keys = KeySet.import_key_set(json.load(answer))

required = jwt.JWTClaimsRegistry(
    leeway=5,
    iss={"essential": True, "value": issuer},
    aud={"essential": True, "value": audience},
    exp={"essential": True},
    iat={"essential": True},
    sub={"essential": True},
    sid={"essential": True},
)


def verify(token: str) -> dict:
    """The claims of an access token. Raises ValueError or JoseError."""
    decoded = jwt.decode(token, keys, algorithms=["RS256"])
    if decoded.header.get("typ") != "at+jwt":
        raise JoseError("This is not an access token.")
    required.validate(decoded.claims)
    return decoded.claims
