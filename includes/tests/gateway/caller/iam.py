USER = "AIDACKCEVSQ6C2EXAMPLE"
ROLE = "AROACKCEVSQ6C2EXAMPLE"


def caller(principal: str, identity: str | None = None) -> str:
    """Who is calling, by what the gateway says of a signature."""
{% if api_type == 'http' %}
    # Fields: https://github.com/aws/aws-lambda-go/blob/main/events/apigw.go
    pooled = {"amr": ["authenticated"], "identityId": identity, "identityPoolId": "eu-west-1:pool"}
    signed = {
        "accessKey": "ASIAEXAMPLE",
        "accountId": "111122223333",
        "callerId": principal,
        "cognitoIdentity": pooled if identity else None,
        "principalOrgId": "o-example",
        "userArn": "arn:aws:sts::111122223333:assumed-role/Shop/session",
        "userId": principal,
    }
    return read(request_event("GET", "/", context={"authorizer": {"iam": signed}})).caller
{% else %}
    # Fields: https://github.com/aws/aws-lambda-go/blob/main/events/apigw.go
    signed = {
        "accessKey": "ASIAEXAMPLE",
        "accountId": "111122223333",
        "caller": principal,
        "cognitoIdentityId": identity,
        "cognitoIdentityPoolId": "eu-west-1:pool" if identity else None,
        "userArn": "arn:aws:sts::111122223333:assumed-role/Shop/session",
        "user": principal,
    }
    return read(request_event("GET", "/", context={"identity": signed})).caller
{% endif %}


def test_every_session_of_a_role_is_the_same_caller() -> None:
    sessions = ("botocore-session-1773732261", "botocore-session-1773735861", "3f1c2d4e5a")
    assert {caller(f"{ROLE}:{session}") for session in sessions} == {ROLE}


def test_the_users_of_an_identity_pool_are_callers_of_their_own() -> None:
    shared = f"{ROLE}:CognitoIdentityCredentials"
    alice, bob = "eu-west-1:2208d797-dfc9", "eu-west-1:db9476fd-de77"
    assert [caller(shared, alice), caller(shared, bob)] == [alice, bob]


def test_users_and_federated_users_are_callers_of_their_own() -> None:
    assert caller(USER) == USER
    assert caller("111122223333:alice") != caller("111122223333:bob")


def test_without_an_identity_the_caller_is_anonymous() -> None:
    assert read(request_event("GET", "/", context={})).caller == "anonymous"
