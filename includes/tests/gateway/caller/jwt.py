ISSUER = "https://issuer.example.com"


def caller(**claims: str) -> str:
    """Who is calling, by what the token says."""
{% if api_type == 'http' %}
    context = {"authorizer": {"jwt": {"claims": claims, "scopes": None}}}
{% else %}
    context = {"authorizer": {"claims": claims}}
{% endif %}
    return read(request_event("GET", "/", context=context)).caller


def test_the_caller_is_the_subject_of_the_token() -> None:
    assert caller(iss=ISSUER, sub="alice", jti="1") == caller(iss=ISSUER, sub="alice", jti="2")
    assert caller(iss=ISSUER, sub="alice") != caller(iss=ISSUER, sub="bob")


@pytest.mark.parametrize("claims", [{}, {"iss": ISSUER}, {"sub": "alice"}])
def test_a_token_that_names_nobody_is_refused(claims: dict[str, str]) -> None:
    with pytest.raises(UnknownCaller):
        caller(**claims)


def test_a_subject_is_one_of_its_issuer() -> None:
    assert caller(iss=ISSUER, sub="alice") != caller(iss=f"{ISSUER}/other", sub="alice")
