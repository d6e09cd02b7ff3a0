"""What the two templates promise, asserted on what would be sent to CloudFormation."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from chalicelib.api.schemas.problem import ProblemView
from chalicelib.settings import Settings
from tests.contract import templates
from tests.contract.templates import Tree
from tools.package import Package
from tools.packaging.intrinsics import load_template
from tools.packaging.template import function_name
from tools.reference import sentences

ROOT = Path(__file__).resolve().parents[2]
WORK_QUEUES = {
    "Scans": "IngestScans",
    "Uploads": "IndexUploads",
    "Deliveries": "DeliverMessages",
    "Jobs": "RunJob",
}
ROLES = {
    "customer", "sales", "support", "reviewer", "senior_reviewer", "warehouse",
    "inspector", "finance", "supplier", "auditor", "admin",
}  # fmt: skip
_CFN_LINT = "import sys; from cfnlint.runner import main; sys.exit(main())"
_ALLOW_ORIGIN = "method.response.header.Access-Control-Allow-Origin"
STATEFUL = {
    "AWS::DynamoDB::Table", "AWS::S3::Bucket", "AWS::KMS::Key", "AWS::Cognito::UserPool",
}  # fmt: skip


# --- the data stack ---------------------------------------------------------------------------


def test_stateful_resources_outlive_their_stack(data_template: Tree) -> None:
    for name, resource in data_template["Resources"].items():
        if resource["Type"] in STATEFUL or name.endswith("Dlq"):
            # "ExceptOnCreate": a first deployment that fails leaves nothing that blocks the next.
            assert resource["DeletionPolicy"] == "RetainExceptOnCreate", name
            assert resource["UpdateReplacePolicy"] == "Retain", name


def test_tables_are_encrypted_recoverable_and_protected(data_template: Tree) -> None:
    tables = templates.of_type(data_template, "AWS::DynamoDB::Table")

    assert set(tables) == {"CoreTable", "ViewsTable"}
    for table in tables.values():
        assert table["BillingMode"] == "PAY_PER_REQUEST"
        assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
        assert table["SSESpecification"]["KMSMasterKeyId"] == {"Fn::GetAtt": ["Key", "Arn"]}
        assert table["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}
        assert table["DeletionProtectionEnabled"] == {"Ref": "DeletionProtection"}
    assert data_template["Parameters"]["DeletionProtection"]["Default"] == "true"


def test_core_streams_both_images_and_indexes_events_by_hour(data_template: Tree) -> None:
    core = templates.of_type(data_template, "AWS::DynamoDB::Table")["CoreTable"]

    (index,) = core["GlobalSecondaryIndexes"]
    assert core["StreamSpecification"] == {"StreamViewType": "NEW_AND_OLD_IMAGES"}
    assert index["IndexName"] == "by_hour"
    assert [k["AttributeName"] for k in index["KeySchema"]] == ["hour_shard", "at"]
    assert index["Projection"] == {"ProjectionType": "ALL"}


@pytest.mark.parametrize("name", WORK_QUEUES)
def test_queue_redrives_to_a_dead_letter_queue_that_outlasts_it(
    name: str, data_template: Tree
) -> None:
    queues = templates.of_type(data_template, "AWS::SQS::Queue")
    queue, dead = queues[f"{name}Queue"], queues[f"{name}Dlq"]

    assert queue["RedrivePolicy"] == {
        "deadLetterTargetArn": {"Fn::GetAtt": [f"{name}Dlq", "Arn"]},
        "maxReceiveCount": 5,
    }
    assert dead["RedriveAllowPolicy"]["redrivePermission"] == "byQueue"
    assert dead["MessageRetentionPeriod"] == 14 * 86400 > queue["MessageRetentionPeriod"]
    assert queue["KmsMasterKeyId"] == dead["KmsMasterKeyId"] == {"Fn::GetAtt": ["Key", "Arn"]}


@pytest.mark.parametrize(("name", "function"), WORK_QUEUES.items())
def test_queue_hides_a_message_six_times_as_long_as_its_worker_may_run(
    name: str, function: str, data_template: Tree, app_template: Tree
) -> None:
    queue = templates.of_type(data_template, "AWS::SQS::Queue")[f"{name}Queue"]
    condition, seconds, local = queue["VisibilityTimeout"]["Fn::If"]

    assert condition == "ProductionVisibility"
    assert local == {"Ref": "QueueVisibilitySeconds"}
    assert data_template["Parameters"]["QueueVisibilitySeconds"]["Default"] == 0
    assert seconds >= 6 * templates.functions(app_template)[function]["Timeout"]


def test_every_queue_has_its_alarms(data_template: Tree) -> None:
    alarms = templates.of_type(data_template, "AWS::CloudWatch::Alarm").values()
    watched = {(a["MetricName"], a["Dimensions"][0]["Value"]["Fn::GetAtt"][0]) for a in alarms}

    for name in (*WORK_QUEUES, "Events"):
        assert ("ApproximateNumberOfMessagesVisible", f"{name}Dlq") in watched
    for name in WORK_QUEUES:
        assert ("ApproximateAgeOfOldestMessage", f"{name}Queue") in watched
    assert all(alarm["AlarmActions"] == [{"Ref": "AlarmTopic"}] for alarm in alarms)


def test_bucket_is_private_versioned_encrypted_and_forgets_raw_uploads(data_template: Tree) -> None:
    bucket = templates.of_type(data_template, "AWS::S3::Bucket")["FilesBucket"]
    rules = {rule["Id"]: rule for rule in bucket["LifecycleConfiguration"]["Rules"]}
    (encryption,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]

    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert len(bucket["PublicAccessBlockConfiguration"]) == 4
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    assert encryption["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "aws:kms"
    assert (rules["raw-uploads"]["Prefix"], rules["raw-uploads"]["ExpirationInDays"]) == (
        "uploads/",
        7,
    )
    assert (rules["credit-notes"]["Prefix"], rules["credit-notes"]["ExpirationInDays"]) == (
        "credit-notes/",
        1,
    )
    for sheets in ("qc-reports", "packing-lists"):
        assert (rules[sheets]["Prefix"], rules[sheets]["ExpirationInDays"]) == (f"{sheets}/", 7)
    quarantine = rules["quarantine"]
    assert (quarantine["Prefix"], quarantine["Status"]) == ("quarantine/", "Enabled")
    assert quarantine["ExpirationInDays"] == {"Ref": "QuarantineDays"}
    assert quarantine["NoncurrentVersionExpiration"] == {"NoncurrentDays": 1}
    assert data_template["Parameters"]["QuarantineDays"]["Default"] == 30
    assert "POST" in bucket["CorsConfiguration"]["CorsRules"][0]["AllowedMethods"]


def test_bucket_refuses_plain_http_except_where_a_local_stack_says_so(data_template: Tree) -> None:
    policy = data_template["Resources"]["FilesBucketPolicy"]
    (deny,) = policy["Properties"]["PolicyDocument"]["Statement"]

    assert (deny["Effect"], deny["Principal"], deny["Action"]) == ("Deny", "*", "s3:*")
    assert deny["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert len(deny["Resource"]) == 2
    assert policy["Condition"] == "TlsRequired"
    assert data_template["Parameters"]["RequireTls"]["Default"] == "true"


def test_uploads_reach_their_queue(data_template: Tree) -> None:
    bucket = templates.of_type(data_template, "AWS::S3::Bucket")["FilesBucket"]
    (sent,) = bucket["NotificationConfiguration"]["QueueConfigurations"]

    assert sent["Queue"] == {"Fn::GetAtt": ["UploadsQueue", "Arn"]}
    assert sent["Filter"]["S3Key"]["Rules"] == [{"Name": "prefix", "Value": "uploads/"}]


def test_people_cannot_change_what_they_may_see(data_template: Tree) -> None:
    client = templates.of_type(data_template, "AWS::Cognito::UserPoolClient")["WebClient"]
    pool = templates.of_type(data_template, "AWS::Cognito::UserPool")["UserPool"]

    assert not [name for name in client["WriteAttributes"] if name.startswith("custom:")]
    assert {a["Name"] for a in pool["Schema"]} == {"warehouses", "customer_id", "supplier_id"}
    assert pool["AdminCreateUserConfig"] == {"AllowAdminCreateUserOnly": True}
    assert pool["Policies"]["PasswordPolicy"]["MinimumLength"] >= 12


def test_every_role_is_a_group_and_machines_are_not(data_template: Tree) -> None:
    groups = templates.of_type(data_template, "AWS::Cognito::UserPoolGroup").values()
    machine = templates.of_type(data_template, "AWS::Cognito::UserPoolClient")["MachineClient"]

    assert {group["GroupName"] for group in groups} == ROLES
    assert machine["AllowedOAuthFlows"] == ["client_credentials"]
    assert machine["AllowedOAuthScopes"] == ["tuiku/machine"]


def test_the_key_rotates(data_template: Tree) -> None:
    assert templates.of_type(data_template, "AWS::KMS::Key")["Key"]["EnableKeyRotation"] is True


def test_app_imports_only_what_data_exports(data_template: Tree, app_template: Tree) -> None:
    exported = {
        output["Export"]["Name"]["Fn::Sub"].replace("${AWS::StackName}", "tuiku-${Stage}-data")
        for output in data_template["Outputs"].values()
    }

    assert set(templates.imports(app_template)) <= exported


# --- the app stack ----------------------------------------------------------------------------


def test_every_queue_worker_may_fail_single_messages(app_template: Tree) -> None:
    sources = templates.sources(app_template, "SQS")

    assert set(sources) == set(WORK_QUEUES.values())
    for source in sources.values():
        assert source["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
        # A queue's backlog must not take every place the API could run in.
        assert source["ScalingConfig"]["MaximumConcurrency"] <= 20
        assert "${Stage}" in source["Queue"]["Fn::Sub"]


def test_stream_worker_gives_up_bad_records_instead_of_blocking(app_template: Tree) -> None:
    (source,) = templates.sources(app_template, "DynamoDB").values()

    assert source["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert source["BisectBatchOnFunctionError"] is True
    assert source["MaximumRetryAttempts"] == 10
    assert source["MaximumRecordAgeInSeconds"] == {"Ref": "StreamRecordAgeSeconds"}
    assert source["StartingPosition"] == "TRIM_HORIZON"
    assert source["Stream"] == {"Fn::ImportValue": {"Fn::Sub": "tuiku-${Stage}-data-CoreStreamArn"}}
    assert source["DestinationConfig"]["OnFailure"] == {
        "Type": "SQS",
        "Destination": {"Fn::ImportValue": {"Fn::Sub": "tuiku-${Stage}-data-EventsDlqArn"}},
    }


def test_every_function_logs_to_its_own_group_for_a_stated_time(app_template: Tree) -> None:
    groups = templates.of_type(app_template, "AWS::Logs::LogGroup")

    for logical_id, function in templates.functions(app_template).items():
        group = groups[f"{logical_id}LogGroup"]
        name = f"tuiku-${{Stage}}-{function_name(logical_id)}"
        assert function["FunctionName"] == {"Fn::Sub": name}
        assert function["LoggingConfig"]["LogGroup"] == {"Ref": f"{logical_id}LogGroup"}
        assert group["LogGroupName"] == {"Fn::Sub": f"/aws/lambda/{name}"}
        assert group["RetentionInDays"] == {"Ref": "LogRetentionDays"}
        assert f"/aws/lambda/{name}:*" in templates.text(
            templates.statements(app_template, logical_id)
        )


def test_every_function_is_watched(app_template: Tree) -> None:
    alarms = templates.of_type(app_template, "AWS::CloudWatch::Alarm")

    for logical_id, function in templates.functions(app_template).items():
        for metric in ("Errors", "Throttles", "Duration"):
            alarm = alarms[f"{logical_id}{metric}Alarm"]
            assert alarm["MetricName"] == metric
            assert alarm["Dimensions"] == [{"Name": "FunctionName", "Value": {"Ref": logical_id}}]
        assert alarms[f"{logical_id}DurationAlarm"]["Threshold"] == function["Timeout"] * 800
    assert {"5XXError", "Latency", "IteratorAge"} <= {a["MetricName"] for a in alarms.values()}


def test_functions_are_given_only_settings_that_exist(app_template: Tree) -> None:
    known = {name.upper() for name in dir(Settings) if not name.startswith("_")}
    shared = app_template["Globals"]["Function"]["Environment"]["Variables"]

    for logical_id, function in templates.functions(app_template).items():
        given = set(function["Environment"]["Variables"]) | set(shared)
        assert given <= known, logical_id


def test_gateway_answers_are_problem_documents(app_template: Tree) -> None:
    definition = app_template["Resources"]["RestAPI"]["Properties"]["DefinitionBody"]
    answers = definition["x-amazon-apigateway-gateway-responses"]
    words = sentences("en")
    expected = {
        "UNAUTHORIZED": (401, "unauthenticated"),
        "ACCESS_DENIED": (403, "permission_denied"),
        "MISSING_AUTHENTICATION_TOKEN": (404, "not_found"),
        "REQUEST_TOO_LARGE": (413, "body_too_large"),
        "UNSUPPORTED_MEDIA_TYPE": (415, "unsupported_media_type"),
        "THROTTLED": (429, "throttled"),
        "INTEGRATION_TIMEOUT": (504, "timed_out"),
        "BAD_REQUEST_BODY": (400, "invalid"),
        "DEFAULT_5XX": (500, "internal_error"),
    }

    for kind, answer in answers.items():
        problem = json.loads(answer["responseTemplates"]["application/json"])
        headers = answer["responseParameters"]
        ProblemView.model_validate_json(answer["responseTemplates"]["application/json"])
        assert problem["type"] == f"https://tuiku.dev/problems/{problem['code']}", kind
        assert problem["title"] == words[problem["code"]]["title"], kind
        assert problem["trace_id"] == "$context.requestId", kind
        assert problem["status"] == answer["statusCode"], kind
        assert headers["gatewayresponse.header.Content-Type"] == "'application/problem+json'"
        assert headers["gatewayresponse.header.Access-Control-Allow-Origin"] == {
            "Fn::Sub": "'${AllowedOrigin}'"
        }
        if kind in expected:
            assert (problem["status"], problem["code"]) == expected[kind]
    assert expected.keys() <= answers.keys()


def test_preflight_answers_name_the_stage_s_origin(app_template: Tree) -> None:
    paths = app_template["Resources"]["RestAPI"]["Properties"]["DefinitionBody"]["paths"]
    preflights = [path["options"] for path in paths.values() if "options" in path]

    assert preflights
    for preflight in preflights:
        for answer in preflight["x-amazon-apigateway-integration"]["responses"].values():
            origin = answer["responseParameters"][_ALLOW_ORIGIN]
            assert origin == {"Fn::Sub": "'${AllowedOrigin}'"}


def test_the_api_is_regional_and_has_one_token_authorizer(app_template: Tree) -> None:
    definition = app_template["Resources"]["RestAPI"]["Properties"]["DefinitionBody"]
    schemes = definition["securityDefinitions"]

    assert list(schemes) == ["authorize_request"]
    assert schemes["authorize_request"]["x-amazon-apigateway-authorizer"]["type"] == "token"
    assert app_template["Resources"]["RestAPI"]["Properties"]["EndpointConfiguration"] == "REGIONAL"


def test_overrides_and_resources_do_not_collide(app_template: Tree) -> None:
    own = load_template(ROOT / "infra" / "app.yaml")["Resources"]
    made_by_chalice = {*templates.functions(app_template), "RestAPI"}
    overrides = {name for name, resource in own.items() if "Type" not in resource}
    lowered = [name.lower() for name in app_template["Resources"]]

    assert overrides == made_by_chalice
    assert not made_by_chalice & (own.keys() - overrides)
    assert len(set(lowered)) == len(lowered)


# --- both -------------------------------------------------------------------------------------


def test_cfn_lint_finds_nothing_in_either_form(
    packaged: Package, app_template: Tree, tmp_path: Path
) -> None:
    expanded = tmp_path / "plain.json"
    expanded.write_text(json.dumps(templates.plain(app_template)))

    forms = [ROOT / "infra" / "data.yaml", packaged.template_path, expanded]
    linted = subprocess.run(
        [sys.executable, "-c", _CFN_LINT, "--format", "parseable", *map(str, forms)],
        capture_output=True,
        text=True,
        check=False,
    )

    assert linted.stdout + linted.stderr == ""
    assert linted.returncode == 0


def test_expanded_form_keeps_one_mapping_a_source(app_template: Tree) -> None:
    expanded = templates.plain(app_template)

    mappings = templates.of_type(expanded, "AWS::Lambda::EventSourceMapping")
    assert len(mappings) == len(WORK_QUEUES) + 1
    for mapping in mappings.values():
        assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
