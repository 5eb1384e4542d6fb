"""Evaluates rules with OpenStack's own oslo.policy: {rules, cases: [[rule, target, credentials]]} in, a list of truth values out."""
import json
import logging
import sys

from oslo_policy import _checks, policy

logging.disable(logging.CRITICAL)
asked = json.load(sys.stdin)


class Enforcer:
    rules = policy.Rules.from_dict(asked['rules'], 'default')


print(json.dumps([
    bool(_checks._check(Enforcer.rules[rule], target, credentials, Enforcer, rule))
    for rule, target, credentials in asked['cases']
]))
