import pytest
from idempotency_contract import Clock, IdempotencyContract

from lean_lambda.aws import Aws
from lean_lambda.idempotency import DynamoIdempotency


class TestDynamoIdempotency(IdempotencyContract):
    @pytest.fixture
    def store(self, aws: Aws, table: str, clock: Clock) -> DynamoIdempotency:
        return DynamoIdempotency(aws, table, ttl_s=3600, clock=clock)
