// In place of the Go SDK for Kubernetes, most of which the provider imports only to turn YAML and
// charts into resources by itself. Nothing here uses that, and it is four fifths of the build.
module github.com/pulumi/pulumi-kubernetes/sdk/v4

go 1.26.0

require github.com/pulumi/pulumi/sdk/v3 v3.215.0
