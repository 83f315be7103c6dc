def test_the_caller_is_whom_the_authorizer_named() -> None:
{% if api_type == 'http' %}
    context = {"authorizer": {"lambda": {"caller": "alice"}}}
{% else %}
    context = {"authorizer": {"caller": "alice", "principalId": "alice"}}
{% endif %}
    assert read(request_event("GET", "/", context=context)).caller == "alice"


def test_an_authorizer_that_names_nobody_lets_nobody_in() -> None:
    with pytest.raises(UnknownCaller):
        read(request_event("GET", "/", context={"authorizer": {}}))
