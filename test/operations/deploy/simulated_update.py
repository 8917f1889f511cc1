"""How moto updates a stack, mended to how CloudFormation does it.

Moto goes through the template in its own order: what is gone first, then what is new, then what differs by its text. So
something new cannot name what an update adds to something that is there (the stream of a table), a text that became a
parameter of the same value counts as a change, and a type that moto cannot update disappears from the stack.
CloudFormation changes what a resource names before that resource, compares the properties as they are resolved, and
deletes last, where a failure leaves the update done.
"""

from moto.apigateway.models import Method, Resource, apigateway_backends
from moto.cloudformation import parsing
from moto.cloudformation.models import ChangeSet, Stack
from moto.cloudformation.parsing import ResourceMap
from moto.dynamodb.models import dynamodb_backends
from moto.dynamodb.models.table import Table
from moto.logs.models import LogGroup, logs_backends

find_or_create = ResourceMap.__getitem__


def find_create_or_update(self, name):
    if name in getattr(self, "outdated", {}):
        self._parsed_resources[name] = update_resource(self, name, *self.outdated.pop(name))
    return find_or_create(self, name)


def update_stack(self, template, parameters=None):
    """
    The resources of the stack become those of the template.

    :param parameters: each of which the template knows; without them those of before count
    """
    before = {}
    for name, json in self._resource_json_map.items():
        if self._parsed_resources.get(name) is not None:
            before[name] = (self._parsed_resources[name], parsing.clean_json(json, self))
    for name in [*before, *self.resolved_parameters]:
        self._parsed_resources.pop(name, None)

    self._template = template
    self._resource_json_map = template["Resources"]
    self.input_parameters = parameters or self.input_parameters
    self.resolved_parameters = {}
    self.load_mapping()
    self.load_parameters()
    self.load_conditions()

    # What one names is asked of this map, and so brought up to date before it.
    self.outdated = {name: before[name] for name in before if is_wanted(self, name)}
    self.replaced = []
    for name in self._resource_json_map:
        _ = self[name]
    gone = [before[name] for name in before if not is_wanted(self, name)]
    # What names another one comes after it in the templates of the framework.
    for resource, json in reversed([*gone, *self.replaced]):
        if json.get("DeletionPolicy", "Delete") == "Delete":
            delete_resource(self, resource, json)


def is_wanted(self, name):
    json = self._resource_json_map.get(name)
    return json is not None and ("Condition" not in json or self.lazy_condition_map[json["Condition"]])


def update_resource(self, name, resource, before):
    json = self._resource_json_map[name]
    after = parsing.clean_json(json, self)
    if after.get("Properties", {}) == before.get("Properties", {}):
        return resource
    if is_replaced(before, after):
        self.replaced.append((resource, before))
        return find_or_create(self, name)
    self._parsed_resources[name] = resource
    updated = parsing.parse_and_update_resource(
        name, json, self, account_id=self._account_id, region_name=self._region_name
    )
    # Of a type that moto cannot update it keeps what is there.
    return resource if updated is None else updated


def is_replaced(before, after):
    """A resource of another type or name is another one."""
    kind = after["Type"]
    named = parsing.resource_name_property_from_type(kind)
    return before["Type"] != kind or before.get("Properties", {}).get(named) != after["Properties"].get(named)


def delete_resource(self, resource, json):
    try:
        self._delete_resource(resource, json)
    except Exception as error:
        # CloudFormation notes DELETE_FAILED and ends with UPDATE_COMPLETE: a bucket that isn't empty stays.
        print("not deleted", resource.logical_resource_id, repr(error), flush=True)


def apply_change_set(self):
    update_stack(self.stack.resource_map, self.template_dict, self.parameters)
    self.stack.parameters = self.parameters


def update_table(cls, original_resource, new_resource_name, cloudformation_json, account_id, region_name):
    properties = cloudformation_json["Properties"]
    table = original_resource
    if properties["KeySchema"] != table.schema:
        raise ValueError(f"{table.name} has to be replaced, and its rows would be lost")
    wanted = {index["IndexName"]: index for index in properties.get("GlobalSecondaryIndexes", [])}
    present = [index.name for index in table.global_indexes]
    changes = [{"Create": wanted[name]} for name in wanted if name not in present]
    changes += [{"Delete": {"IndexName": name}} for name in present if name not in wanted]
    stream = properties.get("StreamSpecification")
    had_stream = (table.stream_specification or {}).get("StreamEnabled", False)
    dynamodb_backends[account_id][region_name].update_table(
        table.name,
        attr_definitions=properties["AttributeDefinitions"],
        global_index=changes,
        throughput=None,
        billing_mode=None,
        stream_spec=stream if stream and not had_stream else None,
        deletion_protection_enabled=properties.get("DeletionProtectionEnabled", False),
        warm_throughput=None,
    )
    if had_stream and not stream:
        table.set_stream_specification(None)
        table.stream_shard = table.latest_stream_label = None
    return table


def update_method(cls, original_resource, new_resource_name, cloudformation_json, account_id, region_name):
    return cls.create_from_cloudformation_json(new_resource_name, cloudformation_json, account_id, region_name)


def delete_method(cls, _name, json, account_id, region_name):
    of = json["Properties"]
    backend = apigateway_backends[account_id][region_name]
    backend.delete_method(of["RestApiId"], of["ResourceId"], of["HttpMethod"])


def delete_path(cls, name, json, account_id, region_name):
    apigateway_backends[account_id][region_name].delete_resource(json["Properties"]["RestApiId"], name)


def delete_log_group(cls, name, json, account_id, region_name):
    logs_backends[account_id][region_name].delete_log_group(name)


Method.delete_from_cloudformation_json = classmethod(delete_method)
Resource.delete_from_cloudformation_json = classmethod(delete_path)
LogGroup.delete_from_cloudformation_json = classmethod(delete_log_group)
Table.update_from_cloudformation_json = classmethod(update_table)
Method.update_from_cloudformation_json = classmethod(update_method)
# Without the empty places of what a condition leaves out or moto does not know, over which DescribeStackResource stumbles.
Stack.stack_resources = property(lambda self: [each for each in self.resource_map.values() if each is not None])
ResourceMap.__getitem__ = find_create_or_update
ResourceMap.update = update_stack
ChangeSet.apply = apply_change_set
