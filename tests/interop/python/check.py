"""Shows tokens to the JWT libraries of Python. Reads a question from standard input and prints what each library said."""

import importlib
import json
import sys
from importlib.metadata import version
from pathlib import Path

TOLD = Path(__file__).parent.parent / "told"
sys.path.append(str(TOLD))


def pyjwt(question, token):
    import jwt

    key = jwt.PyJWKSet.from_dict(question["jwks"]).keys[0]
    jwt.decode(token, key, algorithms=["EdDSA"], issuer=question["issuer"], audience=question["audience"])


def joserfc(question, token):
    from joserfc import jwt
    from joserfc.jwk import KeySet

    keys = KeySet.import_key_set(question["jwks"])
    decoded = jwt.decode(token, keys, algorithms=["EdDSA", "Ed25519"])
    claims = jwt.JWTClaimsRegistry(
        iss={"essential": True, "value": question["issuer"]},
        aud={"essential": True, "value": question["audience"]},
    )
    claims.validate(decoded.claims)


def authlib(question, token):
    from authlib.jose import JsonWebKey, JsonWebToken

    keys = JsonWebKey.import_key_set(question["jwks"])
    claims = JsonWebToken(["EdDSA"]).decode(
        token,
        keys,
        claims_options={
            "iss": {"essential": True, "value": question["issuer"]},
            "aud": {"essential": True, "value": question["audience"]},
        },
    )
    claims.validate()


def python_jose(question, token):
    from jose import jwt

    jwt.decode(token, question["jwks"], algorithms=["EdDSA"], issuer=question["issuer"], audience=question["audience"])


def jwcrypto(question, token):
    from jwcrypto import jwk, jwt

    keys = jwk.JWKSet.from_json(json.dumps(question["jwks"]))
    claims = {"iss": question["issuer"], "aud": question["audience"], "exp": None}
    jwt.JWT(jwt=token, key=keys, algs=["EdDSA", "Ed25519"], check_claims=claims)


def refusal(check, question, token):
    """Nothing when the library took it, or why it did not."""
    try:
        check(question, token)
    except Exception as error:  # whatever a library raises, it has refused
        return f"{type(error).__name__}: {error}"
    return None


LIBRARIES = [
    ("PyJWT", pyjwt, None),
    ("joserfc", joserfc, "told_joserfc"),
    ("Authlib", authlib, None),
    ("python-jose", python_jose, None),
    ("jwcrypto", jwcrypto, "told_jwcrypto"),
]


def main():
    question = json.load(sys.stdin)
    answers = []
    for name, check, told in LIBRARIES:
        answer = {"library": name, "registry": "PyPI", "version": version(name)}
        answer["refused"] = {token: refusal(check, question, text) for token, text in question["tokens"].items()}
        if told:
            fresh_claims = importlib.import_module(told).fresh_claims
            known = {name: question[name] for name in ("issuer", "audience", "jwks")}
            check_told = lambda _, token: fresh_claims(token, **known)
            answer["told"] = {token: refusal(check_told, question, text) for token, text in question["tokens"].items()}
            # What the documentation shows is what ran.
            answer["settings"] = (TOLD / f"{told}.py").read_text()
        answers.append(answer)
    json.dump(answers, sys.stdout)


main()
