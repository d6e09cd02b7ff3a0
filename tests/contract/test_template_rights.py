"""What each function may do, read from the templates: no more than it needs."""

from pathlib import Path
from typing import Any

from tests.contract import templates
from tests.contract.templates import Tree
from tools.packaging.template import function_name

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


def test_every_function_has_a_role_and_a_policy_file_of_its_own(app_template: Tree) -> None:
    functions = templates.functions(app_template)
    roles = [function["Role"]["Fn::GetAtt"][0] for function in functions.values()]
    files = {path.stem for path in (ROOT / ".chalice" / "policies").glob("*.json")}

    assert len(set(roles)) == len(functions)
    assert files == {function_name(logical_id) for logical_id in functions}


def test_no_function_may_do_anything_on_everything(app_template: Tree) -> None:
    for function in templates.functions(app_template):
        for statement in templates.statements(app_template, function):
            actions = templates.listed(statement["Action"])
            assert not [action for action in actions if "*" in action], (function, statement["Sid"])
            for resource in templates.listed(statement["Resource"]):
                assert _is_narrow(resource), (function, resource)


def test_what_is_shared_with_payment_providers_is_read_by_those_who_need_it(
    app_template: Tree,
) -> None:
    place = "parameter/tuiku-${Stage}-payments/"
    read = {
        function_name(function): {
            resource["Fn::Sub"].partition(place)[2]
            for statement in templates.statements(app_template, function)
            for resource in templates.listed(statement["Resource"])
            if place in templates.text(resource)
        }
        for function in templates.functions(app_template)
    }

    assert {name: found for name, found in read.items() if found} == {
        "api_handler": {"stripe-key", "stripe-webhook", "sandbox-webhook"},
        "run_job": {"stripe-key"},
    }


def test_nobody_reads_originals_and_only_who_checks_photos_writes_them(app_template: Tree) -> None:
    bucket = "tuiku-${Stage}-files-${AWS::AccountId}/"
    may: dict[str, set[str]] = {}
    for function in templates.functions(app_template):
        for statement in templates.statements(app_template, function):
            for resource in templates.listed(statement["Resource"]):
                _, found, place = str(resource.get("Fn::Sub", "")).partition(bucket)
                assert place != "*", f"{function} may read everything"
                if found and place.startswith("quarantine"):
                    may.setdefault(function_name(function), set()).update(
                        templates.listed(statement["Action"])
                    )

    assert may == {"index_uploads": {"s3:PutObject"}}


def test_papers_are_drawn_and_served_by_the_api_alone(app_template: Tree) -> None:
    bucket = "tuiku-${Stage}-files-${AWS::AccountId}/"
    may: dict[tuple[str, str], set[str]] = {}
    for function in templates.functions(app_template):
        for statement in templates.statements(app_template, function):
            for resource in templates.listed(statement["Resource"]):
                _, _, place = str(resource.get("Fn::Sub", "")).partition(bucket)
                if place in ("qc-reports/*", "packing-lists/*"):
                    actions = may.setdefault((function_name(function), place), set())
                    actions.update(templates.listed(statement["Action"]))

    assert may == {
        ("api_handler", "qc-reports/*"): {"s3:PutObject", "s3:GetObject"},
        ("api_handler", "packing-lists/*"): {"s3:PutObject", "s3:GetObject"},
    }


def test_the_sweep_looks_at_uploads_and_tells_their_worker_and_no_more(
    app_template: Tree,
) -> None:
    actions = {
        action
        for statement in templates.statements(app_template, "SweepUploads")
        for action in templates.listed(statement["Action"])
        if action.startswith(("s3:", "sqs:"))
    }

    assert actions == {"s3:GetObject", "sqs:SendMessage", "sqs:GetQueueAttributes"}
    (event,) = templates.sources(app_template, "Schedule")["SweepUploads"].values()
    assert event == "rate(5 minutes)"


def test_image_analysis_is_off_and_without_rights_unless_it_is_switched_on(
    app_template: Tree,
) -> None:
    parameters, conditions = app_template["Parameters"], app_template["Conditions"]
    granting = {
        name: resource
        for name, resource in app_template["Resources"].items()
        if "rekognition:" in templates.text(resource)
    }

    assert parameters["ImageAnalyst"]["Default"] == parameters["RekognitionModel"]["Default"] == ""
    assert {name: resource["Condition"] for name, resource in granting.items()} == {
        "GeneralLabelsPolicy": "GeneralLabels",
        "OwnLabelsPolicy": "OwnLabels",
    }
    for condition in ("GeneralLabels", "OwnLabels"):
        assert conditions[condition]["Fn::And"][0] == {
            "Fn::Equals": [{"Ref": "ImageAnalyst"}, "rekognition"]
        }
    for resource in granting.values():
        assert resource["Properties"]["Roles"] == [{"Ref": "IndexUploadsRole"}]
        (statement,) = resource["Properties"]["PolicyDocument"]["Statement"]
        assert statement["Action"].startswith("rekognition:Detect")


def test_only_the_scanners_of_the_whole_table_may_scan(app_template: Tree) -> None:
    scanning = {
        function_name(function)
        for function in templates.functions(app_template)
        if "dynamodb:Scan" in templates.text(templates.statements(app_template, function))
    }

    assert scanning == {"run_job", "reconcile_stock"}


def _is_narrow(resource: Any) -> bool:
    """An imported ARN, or one of this stage; a star only below a named table, bucket or group."""
    if "Fn::ImportValue" in resource:
        return True
    arn = resource["Fn::Sub"]
    head, star, rest = arn.partition("*")
    return "tuiku-${Stage}-" in head and not rest and (not star or head.endswith(("/", ":")))
