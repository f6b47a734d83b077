import time

from joserfc import jwt
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry
from joserfc.registry import HeaderParameter


def fresh_claims(token, issuer, audience, jwks):
    """The claims of a fresh session token; raises for anything else."""
    bbf = {"bbf": HeaderParameter("Best before", "int", required=True)}
    registry = JWSRegistry(header_registry=bbf, algorithms=["Ed25519"])
    decoded = jwt.decode(token, KeySet.import_key_set(jwks), registry=registry)
    jwt.JWTClaimsRegistry(
        iss={"essential": True, "value": issuer},
        aud={"essential": True, "value": audience},
    ).validate(decoded.claims)
    # Whoever says to understand `bbf` must look at it.
    if decoded.header["typ"] != "bbf+jwt" or decoded.claims["bbf"] <= time.time():
        raise ValueError("stale")
    return decoded.claims
