def test_the_caller_is_the_id_of_the_key() -> None:
    context = {"identity": {"apiKeyId": "key-1", "apiKey": "secret"}}
    assert read(request_event("GET", "/", context=context)).caller == "key-1"


def test_without_an_identity_the_caller_is_anonymous() -> None:
    assert read(request_event("GET", "/", context={})).caller == "anonymous"
