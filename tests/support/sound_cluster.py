"""A small stack in which everything fits together, to be broken in one place at a time."""

from __future__ import annotations

import copy
from typing import Any, Final

import yaml

from tests.support.manifests import Cluster
from tests.support.references import Rule, problems

Steps = tuple[str | int, ...]
Case = tuple[Steps, Any, list[str]]
"""Where to break the stack, the value to put there, and the problems that follow."""

SET: Final = "StatefulSet shop/web"

_SOUND: Final = """\
namespace:
  apiVersion: v1
  kind: Namespace
  metadata:
    name: shop
account:
  apiVersion: v1
  kind: ServiceAccount
  metadata:
    name: web
    namespace: shop
secret:
  apiVersion: v1
  kind: Secret
  metadata:
    name: keys
    namespace: shop
  stringData:
    token: x
config:
  apiVersion: v1
  kind: ConfigMap
  metadata:
    name: settings
    namespace: shop
  data:
    MODE: x
service:
  apiVersion: v1
  kind: Service
  metadata:
    name: web
    namespace: shop
  spec:
    clusterIP: None
    selector: &id001
      app: web
    ports:
    - name: http
      port: 80
      targetPort: http
workload:
  apiVersion: apps/v1
  kind: StatefulSet
  metadata:
    name: web
    labels: *id001
    namespace: shop
  spec:
    serviceName: web
    selector:
      matchLabels: *id001
    template:
      metadata:
        labels: *id001
      spec:
        serviceAccountName: web
        containers:
        - name: web
          image: example/web:1
          env:
          - name: TOKEN
            valueFrom:
              secretKeyRef:
                name: keys
                key: token
          envFrom:
          - configMapRef:
              name: settings
          ports:
          - name: http
            containerPort: 3000
          readinessProbe:
            httpGet:
              path: /
              port: http
          resources:
            requests:
              cpu: 100m
              memory: 1Gi
            limits:
              memory: 2Gi
          volumeMounts:
          - name: data
            mountPath: /data
        volumes: []
        tolerations:
        - key: a
          value: b
    volumeClaimTemplates:
    - metadata:
        name: data
      spec:
        resources:
          requests:
            storage: 1Gi
autoscaler:
  apiVersion: autoscaling/v2
  kind: HorizontalPodAutoscaler
  metadata:
    name: web
    namespace: shop
  spec:
    scaleTargetRef:
      apiVersion: apps/v1
      kind: StatefulSet
      name: web
    minReplicas: 1
    maxReplicas: 2
    metrics:
    - type: Resource
      resource:
        name: cpu
budget:
  apiVersion: policy/v1
  kind: PodDisruptionBudget
  metadata:
    name: web
    namespace: shop
  spec:
    maxUnavailable: 1
    selector:
      matchLabels: *id001
policy:
  apiVersion: networking.k8s.io/v1
  kind: NetworkPolicy
  metadata:
    name: web
    namespace: shop
  spec:
    podSelector:
      matchLabels: *id001
    policyTypes:
    - Ingress
    - Egress
    ingress:
    - from:
      - podSelector:
          matchLabels: *id001
      - namespaceSelector:
          matchLabels:
            team: x
      ports:
      - port: http
    egress:
    - ports:
      - port: 53
        protocol: UDP
ingress:
  apiVersion: networking.k8s.io/v1
  kind: Ingress
  metadata:
    name: web
    namespace: shop
  spec:
    rules:
    - http:
        paths:
        - backend:
            service:
              name: web
              port:
                name: http
store:
  apiVersion: external-secrets.io/v1
  kind: SecretStore
  metadata:
    name: aws
    namespace: shop
  spec:
    provider:
      aws:
        auth:
          jwt:
            serviceAccountRef:
              name: web
external:
  apiVersion: external-secrets.io/v1
  kind: ExternalSecret
  metadata:
    name: remote
    namespace: shop
  spec:
    secretStoreRef:
      name: aws
      kind: SecretStore
    target:
      name: remote-keys
    data:
    - secretKey: url
"""


_OBJECTS: Final[dict[str, Any]] = yaml.safe_load(_SOUND)


def sound() -> dict[str, Any]:
    """The objects by short names."""
    return copy.deepcopy(_OBJECTS)


def broken(steps: Steps, value: object) -> dict[str, Any]:
    """The objects with one value set."""
    objects = sound()
    place: Any = objects
    for step in steps[:-1]:
        place = place[step]
    place[steps[-1]] = value
    return objects


def check(objects: dict[str, Any], **beside: Any) -> list[str]:  # noqa: ANN401
    return problems(Cluster.of(objects.values(), **beside))


def silent(rules: list[Rule], cases: list[Case]) -> set[str]:
    """The rules that no case breaks."""
    clusters = [Cluster.of(broken(steps, value).values()) for steps, value, _ in cases]
    return {rule.__name__ for rule in rules if not any(list(rule(c)) for c in clusters)}
