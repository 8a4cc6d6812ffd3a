export CLAUDE_CODE_ENABLE_TELEMETRY=1
export OTEL_LOGS_EXPORTER=otlp
export OTEL_LOG_USER_PROMPTS=1  # otherwise prompts are sent as <REDACTED>
export OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf
export OTEL_EXPORTER_OTLP_ENDPOINT={{ base_url }}
export CONFAB_SECRET_KEY={{ secret_key }}
export OTEL_EXPORTER_OTLP_HEADERS="Authorization=Bearer $CONFAB_SECRET_KEY"
claude
