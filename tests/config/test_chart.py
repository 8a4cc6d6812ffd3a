"""The Helm chart, as Helm itself renders it: valid for Kubernetes, and the same programs as in compose.yaml."""

import shlex
from typing import Any

import helm_python
import kubernetes_validate
import pytest
import yaml

from tests.config.deployed import OURS, SERVICES
from tests.live import BASE_DIR

CHART = BASE_DIR / "deploy" / "chart"
VERSIONS = ("1.27", "1.34")  # the oldest that the chart takes, and a recent one
SECRETS = {"DATABASE_URL": "postgresql://db/confab", "REDIS_URL": "redis://r", "CONFAB_SECRET_KEY": 'a "quoted" \\ key'}
GIVEN: dict[str, Any] = {"config": {"CONFAB_BASE_URL": "https://confab.example.com:8443"}, "secrets": SECRETS}
EVERYTHING: dict[str, Any] = {
    **GIVEN,
    "image": {"repository": "registry.example.com/confab", "digest": f"sha256:{'0' * 64}"},
    "persistence": {"storageClass": "fast", "size": "1Ti"},
    "ingress": {
        "enabled": True,
        "className": "nginx",
        "tlsSecret": "confab-tls",
        "annotations": {"nginx.ingress.kubernetes.io/proxy-body-size": "64m"},
    },
}
WITHOUT_OURS: dict[str, Any] = {
    "config": GIVEN["config"],
    "existingSecret": {"name": "theirs", "keys": [*SECRETS, "CONFAB_EMAIL_URL"]},
    "persistence": {"enabled": False},
}


def rendered(values: dict[str, Any]) -> list[dict[str, Any]]:
    with helm_python.Chart.load(str(CHART)) as chart:
        files = chart.render(values, name="demo", namespace="prod")
    texts = [text for name, text in files.items() if name.endswith(".yaml")]
    return [document for text in texts for document in yaml.safe_load_all(text) if document]


def of_kind(kind: str, values: dict[str, Any]) -> dict[str, dict[str, Any]]:
    found = [document for document in rendered(values) if document["kind"] == kind]
    return {document["metadata"]["name"]: document for document in found}


def pods(values: dict[str, Any]) -> dict[str, dict[str, Any]]:
    deployments = of_kind("Deployment", values)
    return {name.removeprefix("demo-"): found["spec"]["template"]["spec"] for name, found in deployments.items()}


@pytest.mark.parametrize("values", [GIVEN, EVERYTHING, WITHOUT_OURS], ids=["least", "everything", "without ours"])
@pytest.mark.parametrize("version", VERSIONS)
def test_everything_that_it_makes_is_valid(values: dict[str, Any], version: str) -> None:
    documents = rendered(values)

    assert {document["kind"] for document in documents} >= {"ConfigMap", "Deployment", "Service"}
    for document in documents:
        kubernetes_validate.validate(document, version, strict=True)


@pytest.mark.parametrize("values", [GIVEN, EVERYTHING, WITHOUT_OURS], ids=["least", "everything", "without ours"])
def test_its_linter_finds_nothing(values: dict[str, Any]) -> None:
    report = helm_python.lint(str(CHART), values)

    assert report["errors"] == []
    assert [found["error"] for found in report["messages"]] == ["icon is recommended"]


@pytest.mark.parametrize("name", OURS[1:])
def test_a_program_runs_as_it_does_in_compose(name: str) -> None:
    pod = pods(GIVEN)[name]
    [container] = pod["containers"]
    [preparing] = pod["initContainers"]
    disk_of_beat = {"/data/beat-schedule": "/tmp/beat-schedule"}  # it is alone, so its schedule may be forgotten

    assert container["command"] == [disk_of_beat.get(word, word) for word in shlex.split(SERVICES[name]["command"])]
    assert preparing["command"] == shlex.split(SERVICES["prepare"]["command"])
    assert ["CMD", *container["livenessProbe"]["exec"]["command"]] == SERVICES[name]["healthcheck"]["test"]
    assert pod["securityContext"]["runAsNonRoot"]
    for part in (container, preparing):
        assert part["securityContext"]["readOnlyRootFilesystem"]
        assert part["securityContext"]["capabilities"] == {"drop": ["ALL"]}
        assert part["resources"]["limits"]["memory"]


def test_secrets_arrive_as_files_and_only_those_that_there_are() -> None:
    [container] = pods(GIVEN)["web"]["containers"]

    assert {variable["name"] for variable in container["env"]} == {f"{name}_FILE" for name in SECRETS}
    assert of_kind("Secret", GIVEN)["demo"]["stringData"] == SECRETS
    assert of_kind("ConfigMap", GIVEN)["demo"]["data"] == {
        "CONFAB_DATA": "/data",
        "CONFAB_ALIVE_DIR": "/tmp/alive",
        "CONFAB_TRUSTED_PROXIES": "1",
        **GIVEN["config"],
    }
    assert of_kind("Secret", WITHOUT_OURS) == {}
    pod = pods(WITHOUT_OURS)["worker"]
    assert "CONFAB_EMAIL_URL_FILE" in {variable["name"] for variable in pod["containers"][0]["env"]}
    assert {"name": "secrets", "secret": {"secretName": "theirs", "defaultMode": 0o440}} in pod["volumes"]


def test_choices_reach_what_is_made() -> None:
    [container] = pods(EVERYTHING)["grpc"]["containers"]
    ingress = of_kind("Ingress", EVERYTHING)["demo"]["spec"]

    assert container["image"] == f"registry.example.com/confab@sha256:{'0' * 64}"
    assert ingress["rules"][0]["host"] == "confab.example.com"
    assert ingress["tls"] == [{"hosts": ["confab.example.com"], "secretName": "confab-tls"}]
    assert of_kind("PersistentVolumeClaim", EVERYTHING)["demo"]["spec"]["storageClassName"] == "fast"
    assert of_kind("PersistentVolumeClaim", WITHOUT_OURS) == {}


def test_a_change_of_configuration_starts_the_programs_again() -> None:
    def mark(values: dict[str, Any]) -> str:
        annotations = of_kind("Deployment", values)["demo-web"]["spec"]["template"]["metadata"]["annotations"]
        return str(annotations["confab/configuration"])

    assert mark(GIVEN) == mark(GIVEN)
    assert mark(GIVEN) != mark({**GIVEN, "secrets": SECRETS | {"CONFAB_SECRET_KEY": "another"}})


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"secrets": SECRETS}, "config.CONFAB_BASE_URL is missing"),
        ({**GIVEN, "secrets": {}}, "DATABASE_URL is missing"),
        ({**GIVEN, "config": {"CONFAB_BASE_URL": "https://confab.example.com/below"}}, "does not match pattern"),
        ({**GIVEN, "config": {"CONFAB_BAES_URL": "https://confab.example.com"}}, "CONFAB_BAES_URL"),
        ({**GIVEN, "programs": {"beat": {"replicas": 2}}}, "maximum"),
        ({**GIVEN, "image": {"digest": "latest"}}, "does not match pattern"),
    ],
)
def test_what_cannot_work_is_refused(values: dict[str, Any], reason: str) -> None:
    with pytest.raises(helm_python.errors.HelmError, match=reason):
        rendered(values)
