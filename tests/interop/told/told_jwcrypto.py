import json
import time

from jwcrypto import jwk, jws


def fresh_claims(token, issuer, audience, jwks):
    """The claims of a fresh session token; raises for anything else."""
    bbf = jws.JWSEHeaderParameter("Best before", True, True, None)
    signed = jws.JWS(header_registry={"bbf": bbf})
    signed.allowed_algs = ["Ed25519"]
    signed.deserialize(token, jwk.JWKSet.from_json(json.dumps(jwks)))
    claims = json.loads(signed.payload)
    audiences = [claims["aud"]] if isinstance(claims["aud"], str) else claims["aud"]
    if claims["iss"] != issuer or audience not in audiences:
        raise ValueError("for somebody else")
    # Whoever says to understand `bbf` must look at it.
    if signed.jose_header["typ"] != "bbf+jwt" or claims["bbf"] <= time.time():
        raise ValueError("stale")
    return claims
