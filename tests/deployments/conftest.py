"""Deployments over a real database and a driver that only pretends to run replicas."""

from __future__ import annotations

import dataclasses
import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path

import msgspec
import pytest

from modelyard.catalog.artifacts import Upload
from modelyard.catalog.group_artifacts import GroupUpload
from modelyard.catalog.service import Catalog
from modelyard.database.engine import Database
from modelyard.database.migrate import migrate
from modelyard.database.retry_tokens import Repeatable
from modelyard.deployments import store
from modelyard.deployments.containers import runtime_of
from modelyard.deployments.driver import Phase, Problem, Replica, ReplicaRequest, Usage
from modelyard.deployments.reconciler import Reconciler
from modelyard.deployments.routing import RouteTable
from modelyard.deployments.service import Deployments
from modelyard.objectstore.folder import FolderBlobs
from modelyard.objectstore.service import Home, object_storage
from modelyard.resources.deployment import (
    CreateModelDeploymentDetails,
    InstanceConfiguration,
    InstancePoolInfrastructureConfigurationDetails,
    ModelConfigurationDetails,
    ModelDeployment,
    ModelGroupConfigurationDetails,
    ModelGroupDeploymentConfigurationDetails,
    SingleModelDeploymentConfigurationDetails,
    UpdateInstancePoolInfrastructureConfigurationDetails,
    UpdateModelConfigurationDetails,
    UpdateModelDeploymentDetails,
    UpdateModelGroupConfigurationDetails,
    UpdateModelGroupDeploymentConfigurationDetails,
    UpdateSingleModelDeploymentConfigurationDetails,
)
from modelyard.resources.model import CreateModelDetails
from modelyard.resources.model_group import (
    CreateModelGroupDetails,
    HeterogeneousModelGroupDetails,
    MemberModelDetails,
    MemberModelEntries,
)
from modelyard.resources.project import CreateProjectDetails
from modelyard.resources.routes import Routes
from modelyard.resources.scaling import (
    AutoScalingPolicy,
    FixedSizeScalingPolicy,
    PredefinedExpressionThresholdScalingConfiguration,
    PredefinedMetricExpressionRule,
    ThresholdBasedAutoScalingPolicyDetails,
)
from modelyard.resources.work_request import WorkRequest
from modelyard.settings import Settings
from modelyard.workrequests import store as work_request_store

TRACEBACK = 'Traceback (most recent call last):\n  File "score.py", line 2\nValueError: no such weights'


def auto(*, low: int = 30, high: int = 70, least: int = 1, first: int = 1, most: int = 4) -> AutoScalingPolicy:
    """Return a policy by the use of processors."""
    rule = PredefinedMetricExpressionRule(
        metric_type="CPU_UTILIZATION",
        scale_in_configuration=PredefinedExpressionThresholdScalingConfiguration(threshold=low),
        scale_out_configuration=PredefinedExpressionThresholdScalingConfiguration(threshold=high),
    )
    details = ThresholdBasedAutoScalingPolicyDetails(
        rules=[rule], minimum_instance_count=least, initial_instance_count=first, maximum_instance_count=most
    )
    return AutoScalingPolicy(auto_scaling_policies=[details])


class PowerCut(BaseException):
    """Be the end of the process, in the middle of something."""


class FakeDriver:
    """Pretend to run replicas: what becomes of them is decided by their model's first word, and by who kills them."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.clock = clock
        self.replicas: dict[str, Replica] = {}
        self.requests: list[ReplicaRequest] = []
        self.kinds: dict[str, str] = {}
        self.calls_until_power_cut: int | None = None
        self.load = 0.0
        """How many processors' worth of work there is for all replicas together."""

        self.memory = 1.0
        """What each replica holds, in GiB."""

        self.worked: dict[str, float] = {}
        """For how many seconds each replica has worked."""

    def start(self, request: ReplicaRequest) -> None:
        self._call()
        self.requests.append(request)
        self.replicas[request.id] = Replica(
            id=request.id,
            deployment_id=request.deployment_id,
            revision_id=request.revision.id,
            phase=Phase.STARTING,
            model_id=request.revision.model_id,
            headers={"modelyard-model": request.revision.model_id},
            notes=("The model runs with Python.",),
        )

    def stop(self, replica_id: str) -> None:
        self._call()
        replica = self.replicas.get(replica_id)
        if replica is None:
            return
        if replica.phase in {Phase.FAILED, Phase.GONE}:
            del self.replicas[replica_id]
        else:
            self._set(replica_id, phase=Phase.DRAINING, sockets=())

    def list(self) -> list[Replica]:
        self._call()
        return list(self.replicas.values())

    def usage(self) -> dict[str, Usage]:
        self._call()
        memory = int(self.memory * (1 << 30))
        return {id: Usage(cpu_seconds=self.worked.get(id, 0.0), memory=memory) for id in self.replicas}

    def work(self, seconds: float) -> None:
        """Let every replica do its share of what there is to do in some seconds."""
        ready = [id for id, replica in self.replicas.items() if replica.phase is Phase.READY]
        for id in ready:
            self.worked[id] = self.worked.get(id, 0.0) + min(2.0, self.load / len(ready)) * seconds

    def _call(self) -> None:
        if self.calls_until_power_cut is not None:
            self.calls_until_power_cut -= 1
            if self.calls_until_power_cut < 0:
                self.calls_until_power_cut = None
                raise PowerCut

    def _set(self, replica_id: str, **changes: object) -> None:
        self.replicas[replica_id] = dataclasses.replace(self.replicas[replica_id], **changes)

    def kill(self, replica_id: str) -> None:
        """Let a replica die without a word."""
        self._set(
            replica_id,
            phase=Phase.GONE,
            sockets=(),
            problem=Problem(code="ReplicaDied", message="The replica died without a word."),
            ended=self.clock(),
        )

    def move_on(self) -> None:
        """Let every replica get one step further."""
        for replica in list(self.replicas.values()):
            if replica.phase is Phase.DRAINING:
                del self.replicas[replica.id]
            elif replica.phase is Phase.STARTING:
                kind = self.kinds.get(replica.headers["modelyard-model"], "good")
                if kind == "broken":
                    problem = Problem(code="ModelLoadFailed", message=TRACEBACK)
                    self._set(replica.id, phase=Phase.FAILED, problem=problem, ended=self.clock())
                elif kind == "dies":
                    self.kill(replica.id)
                else:
                    self._set(replica.id, phase=Phase.READY, sockets=(f"/run/{replica.id}.0",))


HOME = Home(tenancy_id="ocid1.tenancy.oc98..t", compartment_id="c", region="local-1", endpoint="http://127.0.0.1:8585")


@dataclass
class Yard:
    """Be deployments and all that they stand on."""

    folder: Path
    now: datetime = datetime(2026, 11, 22, 12, tzinfo=timezone.utc)
    news: threading.Event = field(default_factory=threading.Event)
    tidied: list[set[str]] = field(default_factory=list)
    """The artifacts that were wanted each time that nothing was under way."""

    container_runtime: tuple[str, ...] = ("no-such-runtime",)

    def __post_init__(self) -> None:
        self.database = Database(self.folder / "yard.db")
        migrate(self.database)
        self.blobs = FolderBlobs(self.folder / "blobs")
        clock = lambda: self.now  # noqa: E731 - the one clock of all
        self.storage = object_storage(self.database, self.blobs, home=HOME, clock=lambda: self.now)
        self.catalog = Catalog(
            self.database, self.blobs, objects=self.storage.objects, clock=clock, used_by=store.used_by
        )
        self.artifacts = self.catalog.artifacts
        self.deployments = Deployments(
            self.database,
            endpoint="http://127.0.0.1:8585",
            clock=clock,
            wake=self.news.set,
            find_runtime=lambda: runtime_of(Settings(home=self.folder, container_runtime=self.container_runtime)),
        )
        self.driver = FakeDriver(lambda: self.now.timestamp())
        self.project_id = self.catalog.projects.create(
            CreateProjectDetails(compartment_id="c"), caller="user", again=self.once()
        ).noun.id
        self.restart()

    def once(self) -> Repeatable:
        return Repeatable(caller="user", token=None, operation="any", request=b"")

    def restart(self) -> None:
        """Begin again, knowing nothing but what the database and the driver say."""
        self.routes_file = self.folder / "run" / "routes.json"
        self.reconciler = Reconciler(
            self.database,
            self.driver,
            RouteTable(self.routes_file, keys={"k": "pem"}),
            clock=lambda: self.now,
            news=self.news,
            tidy=self.tidied.append,
        )

    # ── what a user does ─────────────────────────────────────────────────────────────────────────────────────────────

    def model(self, kind: str = "good", artifact: bytes | None = None) -> str:
        """Save a model that loads, that is broken, or whose replicas die."""
        details = CreateModelDetails(compartment_id="c", project_id=self.project_id)
        model = self.catalog.models.create(details, caller="user", again=self.once()).noun
        self.driver.kinds[model.id] = kind
        self.upload(model.id, artifact or model.id.encode())
        return model.id

    def upload(self, model_id: str, data: bytes) -> None:
        upload = Upload(model_id=model_id, file_name="a.zip", length=None, if_match=None, again=self.once())
        incoming = self.artifacts.begin(upload)
        assert incoming is not None
        incoming.take(data)
        self.artifacts.complete(upload, incoming, signed_digest=None)

    def details(self, model_id: str, count: int = 1, **fields: object) -> CreateModelDeploymentDetails:
        return CreateModelDeploymentDetails(
            project_id=self.project_id,
            compartment_id="c",
            model_deployment_configuration_details=SingleModelDeploymentConfigurationDetails(
                model_configuration_details=ModelConfigurationDetails(
                    model_id=model_id,
                    instance_configuration=InstanceConfiguration(instance_shape_name="VM.Standard2.1"),
                    scaling_policy=FixedSizeScalingPolicy(instance_count=count),
                )
            ),
            **fields,
        )

    def deploy(self, model_id: str, count: int = 1, again: Repeatable | None = None) -> str:
        details = self.details(model_id, count)
        stored, self.request = self.deployments.create(details, caller="user", again=again or self.once())
        return stored.noun.id

    def update(self, id: str, *, model_id: str | None = None, count: int | None = None, **fields: object) -> str:
        policy = None if count is None else FixedSizeScalingPolicy(instance_count=count)
        change = UpdateModelConfigurationDetails(model_id=model_id, scaling_policy=policy)
        details = UpdateModelDeploymentDetails(
            model_deployment_configuration_details=UpdateSingleModelDeploymentConfigurationDetails(
                model_configuration_details=change
            ),
            **fields,
        )
        self.request = self.deployments.update(id, details, if_match=None)
        return self.request

    def group(self, *kinds: str, artifact: bytes | None = None, **details: object) -> str:
        """Save models of some kinds, and a group of them with the keys k0, k1, …"""
        return self.group_of(*(self.model(kind) for kind in kinds), artifact=artifact, **details)

    def group_of(self, *models: str, artifact: bytes | None = None, details: object = None) -> str:
        members = [MemberModelDetails(model_id=id, inference_key=f"k{place}") for place, id in enumerate(models)]
        wanted = CreateModelGroupDetails(
            compartment_id="c",
            project_id=self.project_id,
            model_group_details=details or HeterogeneousModelGroupDetails(),
            member_model_entries=MemberModelEntries(member_model_details=members),
        )
        stored, _ = self.catalog.model_groups.create(wanted, caller="user", again=self.once())
        id = stored.noun.id
        if artifact is not None:
            upload = GroupUpload(model_group_id=id, file_name="a.zip", length=None, if_match=None, again=self.once())
            incoming = self.catalog.group_artifacts.begin(upload)
            assert incoming is not None
            incoming.take(artifact)
            self.catalog.group_artifacts.complete(upload, incoming, signed_digest=None)
        return id

    def members(self, group_id: str) -> list[str]:
        found = self.catalog.model_groups.get(group_id).noun.member_model_entries.member_model_details or []
        return [member.model_id for member in found]

    def deploy_group(self, group_id: str, count: int = 1, policy: object = None) -> str:
        configuration = ModelGroupDeploymentConfigurationDetails(
            model_group_configuration_details=ModelGroupConfigurationDetails(model_group_id=group_id),
            infrastructure_configuration_details=InstancePoolInfrastructureConfigurationDetails(
                instance_configuration=InstanceConfiguration(instance_shape_name="VM.Standard2.1"),
                scaling_policy=policy or FixedSizeScalingPolicy(instance_count=count),
            ),
        )
        details = CreateModelDeploymentDetails(
            project_id=self.project_id, compartment_id="c", model_deployment_configuration_details=configuration
        )
        stored, self.request = self.deployments.create(details, caller="user", again=self.once())
        return stored.noun.id

    def update_group(
        self, id: str, group_id: str | None, *, update_type: str | None = None, count: int | None = None
    ) -> str:
        policy = None if count is None else FixedSizeScalingPolicy(instance_count=count)
        change = UpdateModelGroupDeploymentConfigurationDetails(
            update_type=update_type,
            model_group_configuration_details=UpdateModelGroupConfigurationDetails(model_group_id=group_id),
            infrastructure_configuration_details=UpdateInstancePoolInfrastructureConfigurationDetails(
                scaling_policy=policy
            ),
        )
        details = UpdateModelDeploymentDetails(model_deployment_configuration_details=change)
        self.request = self.deployments.update(id, details, if_match=None)
        return self.request

    def scaled(self, model_id: str, **fields: object) -> str:
        """Deploy a model that is to have 1 to 4 instances, by the use of its processors."""
        details = self.details(model_id)
        model = details.model_deployment_configuration_details.model_configuration_details
        configuration = SingleModelDeploymentConfigurationDetails(
            model_configuration_details=msgspec.structs.replace(model, scaling_policy=auto(**fields))
        )
        details = msgspec.structs.replace(details, model_deployment_configuration_details=configuration)
        stored, self.request = self.deployments.create(details, caller="user", again=self.once())
        return stored.noun.id

    # ── what is seen ─────────────────────────────────────────────────────────────────────────────────────────────────

    def get(self, id: str) -> ModelDeployment:
        return self.deployments.get(id).noun

    def state(self, id: str) -> str:
        return self.get(id).lifecycle_state.value

    def work_request(self, id: str | None = None) -> WorkRequest:
        with self.database.read() as tx:
            found = work_request_store.work_requests.find(tx, id or self.request)
        assert found is not None
        return found.noun

    def errors(self, id: str | None = None) -> list[tuple[str, str]]:
        with self.database.read() as tx:
            lines = work_request_store.errors(tx, id or self.request)
        return [(line.code, line.message) for _, line in lines]

    def log(self, id: str | None = None) -> list[str]:
        with self.database.read() as tx:
            return [line.message for _, line in work_request_store.logs(tx, id or self.request)]

    def routes(self) -> Routes:
        return msgspec.json.decode(self.routes_file.read_bytes(), type=Routes)

    def routed(self, id: str) -> list[str]:
        """Return the models that answer for a deployment."""
        return [replica.headers["modelyard-model"] for replica in self.routes().deployments[id].replicas]

    def of(self, id: str) -> list[Replica]:
        return [replica for replica in self.driver.replicas.values() if replica.deployment_id == id]

    # ── time ─────────────────────────────────────────────────────────────────────────────────────────────────────────

    def pass_time(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    def look(self) -> bool:
        return self.reconciler.step()

    def work(self, seconds: float) -> None:
        """Let the replicas work for some time, and look every few seconds."""
        for _ in range(int(seconds / 5)):
            self.driver.work(5.0)
            self.pass_time(5.0)
            self.look()
            self.driver.move_on()

    def settle(self, looks: int = 60) -> None:
        """Look and let time pass until nothing is under way."""
        for _ in range(looks):
            if self.look() and self.look():
                return
            self.driver.move_on()
            self.pass_time(1.0)
        pytest.fail("it does not come to rest")


@pytest.fixture
def yard(tmp_path: Path, make_yard: Callable[[Path], Yard]) -> Iterator[Yard]:
    """Make an empty service."""
    made = make_yard(tmp_path)
    yield made
    made.database.close()


@pytest.fixture(scope="session")
def make_yard(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], Yard]:
    """Give what makes a service, quickly, for those who make many: from a database that is migrated already."""
    template = tmp_path_factory.mktemp("template")
    first = Database(template / "yard.db")
    migrate(first)
    first.close()

    def make(folder: Path) -> Yard:
        shutil.copy(template / "yard.db", folder / "yard.db")
        return Yard(folder)

    return make
