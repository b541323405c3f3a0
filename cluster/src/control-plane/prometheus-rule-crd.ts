// What does a cluster without a Prometheus operator need to hold PrometheusRules? Their definition,
// reduced to the fields that this product writes.
export const prometheusRuleCrd = `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: prometheusrules.monitoring.coreos.com
spec:
  group: monitoring.coreos.com
  scope: Namespaced
  names: { kind: PrometheusRule, listKind: PrometheusRuleList, plural: prometheusrules, singular: prometheusrule }
  versions:
    - name: v1
      served: true
      storage: true
      schema:
        openAPIV3Schema:
          type: object
          required: [spec]
          properties:
            spec:
              type: object
              properties:
                groups:
                  type: array
                  x-kubernetes-list-type: map
                  x-kubernetes-list-map-keys: [name]
                  items:
                    type: object
                    required: [name]
                    properties:
                      name: { type: string, minLength: 1 }
                      interval: { type: string }
                      rules:
                        type: array
                        items:
                          type: object
                          required: [expr]
                          properties:
                            record: { type: string }
                            alert: { type: string }
                            expr: { x-kubernetes-int-or-string: true, anyOf: [{ type: integer }, { type: string }] }
                            for: { type: string }
                            labels: { type: object, additionalProperties: { type: string } }
                            annotations: { type: object, additionalProperties: { type: string } }
`
