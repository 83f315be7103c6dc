from aws_lambda_powertools.event_handler.api_gateway import APIGatewayHttpResolver
from aws_lambda_powertools.logging import Logger
from aws_lambda_powertools.metrics import Metrics, MetricUnit

logger = Logger()
metrics = Metrics()
app = APIGatewayHttpResolver()


@app.post("/orders")
def place_order():
    new = app.current_event.json_body
    logger.info("order placed", extra={"customer_id": new["customer_id"]})
    metrics.add_metric(name="OrdersPlaced", unit=MetricUnit.Count, value=1)
    return {"customer_id": new["customer_id"], "status": "placed"}, 201


@logger.inject_lambda_context
@metrics.log_metrics(capture_cold_start_metric=True)
def handler(event, context):
    return app.resolve(event, context)
