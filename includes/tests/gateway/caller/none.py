def test_without_an_identity_the_caller_is_anonymous() -> None:
    assert read(request_event("GET", "/")).caller == "anonymous"
