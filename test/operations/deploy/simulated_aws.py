"""moto_server, with what gets in the way of a real deployment eased. Arguments: those of moto_server."""

import json
import sys

import simulated_update  # noqa: F401 - mends moto as it is loaded

from moto.apigateway.models import Method
from moto.awslambda.models import LambdaBackend, LambdaFunction
from moto.cloudformation.models import CloudFormationBackend
from moto.cloudformation.responses import CloudFormationResponse
from moto.dynamodb.models import dynamodb_backends
from moto.dynamodb.models.table import Table
from moto.iam.access_control import PermissionResult
from moto.iam.models import Role
from moto.kms.models import KmsBackend
from moto.s3.models import FakeBucket
from moto.server import main

# An event source mapping makes moto run the function in Docker within each write to the table, which fails where
# there is none. The test reads the stream itself. (Falsy: what was not delivered stays in the stream.)
LambdaBackend.send_dynamodb_items = lambda *_args: None

# /moto-api/data.json, where the sent mails are read, asks each model for all its properties, this one included.
LambdaFunction.docker_client = None

# moto runs functions in Docker. The deployment's one invocation, of rotate-keys, is noted in the log; the test runs it.
LambdaFunction.invoke = lambda self, body, *_args: print("invoked", self.function_name, body, flush=True) or "{}"


def as_text(document):
    return document if isinstance(document, str) or document is None else json.dumps(document, default=str)


# From a template policies come as objects; moto stores them so, and then cannot parse them as the JSON that it expects.
create_key = KmsBackend.create_key
KmsBackend.create_key = lambda self, policy, *args, **named: create_key(self, as_text(policy), *args, **named)
put_policy = Role.put_policy
Role.put_policy = lambda self, name, document: put_policy(self, name, as_text(document))

# Moto judges a bucket's policy without its conditions, so that one against plain HTTP denies everything.
get_permission = FakeBucket.get_permission


def permission_without_tls_policy(self, action, resource):
    if b"aws:SecureTransport" in (self.policy or b""):
        return PermissionResult.NEUTRAL
    return get_permission(self, action, resource)


FakeBucket.get_permission = permission_without_tls_policy

# A change set with ImportExistingResources adopts a table that exists, where one without fails over its name. Moto
# knows the failure alone.
adopts = {"asked": False}
create_change_set = CloudFormationResponse.create_change_set
create_table = Table.create_from_cloudformation_json.__func__


def note_and_create_change_set(self):
    adopts["asked"] = self._get_bool_param("ImportExistingResources", False)
    return create_change_set(self)


def adopt_or_create_table(cls, resource_name, cloudformation_json, account_id, region_name, **named):
    existing = dynamodb_backends[account_id][region_name].tables.get(resource_name)
    if existing is not None and adopts["asked"]:
        return existing
    return create_table(cls, resource_name, cloudformation_json, account_id, region_name, **named)


CloudFormationResponse.create_change_set = note_and_create_change_set
Table.create_from_cloudformation_json = classmethod(adopt_or_create_table)

# Moto expects every integration to lead somewhere; a mock has neither a method nor an address.
create_method = Method.create_from_cloudformation_json.__func__


def create_method_or_mock(cls, resource_name, cloudformation_json, *args, **named):
    integration = cloudformation_json["Properties"]["Integration"]
    if integration["Type"] == "MOCK":
        integration.setdefault("IntegrationHttpMethod", "POST")
        integration.setdefault("Uri", "")
    return create_method(cls, resource_name, cloudformation_json, *args, **named)


Method.create_from_cloudformation_json = classmethod(create_method_or_mock)

# A stack that was made by a change set has outputs.
execute_change_set = CloudFormationBackend.execute_change_set


def execute_and_make_outputs(self, change_set_name, stack_name=None):
    execute_change_set(self, change_set_name, stack_name)
    for stack in self.stacks.values():
        stack._parse_template()
        stack.output_map = stack._create_output_map()


CloudFormationBackend.execute_change_set = execute_and_make_outputs

main(sys.argv[1:])
