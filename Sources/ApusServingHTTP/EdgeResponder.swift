// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusServing
import HTTPTypes
package import Hummingbird
import NIOCore

/// Finds the endpoint of a request and turns errors into answers.
package struct EdgeResponder: HTTPResponder {
    package typealias Context = BasicRequestContext

    private let routes: RouterResponder<BasicRequestContext>

    init(_ routes: [Route], _ edge: HTTPEdge) {
        let router = Router()
        var methods: [String: [HTTPRequest.Method: any Endpoint]] = [:]
        var paths: [String] = []
        for route in routes {
            for path in route.paths {
                if methods[path] == nil { paths.append(path) }
                methods[path, default: [:]][route.method] = route.endpoint
            }
        }
        for path in paths {
            let endpoints = methods[path] ?? [:]
            EdgeResponder.add(endpoints, at: RouterPath(path), to: router, edge)
        }
        self.routes = router.buildResponder()
    }

    private static let methods: [HTTPRequest.Method] = [.get, .head, .post, .put, .patch, .delete, .options]

    private static func add(
        _ endpoints: [HTTPRequest.Method: any Endpoint], at path: RouterPath, to router: Router<BasicRequestContext>,
        _ edge: HTTPEdge
    ) {
        var allowed = endpoints.keys.map(\.rawValue)
        if endpoints[.get] != nil { allowed.append("HEAD") }
        let allow = (allowed + ["OPTIONS"]).sorted().joined(separator: ", ")
        for method in methods {
            let isHead = method == .head && endpoints[.head] == nil
            guard let endpoint = isHead ? endpoints[.get] : endpoints[method] else {
                router.on(path, method: method) { _, context -> Response in
                    guard PathParameters(context.parameters).hasProperVersion else {
                        return .error(.notFound, "Not Found")
                    }
                    var response =
                        method == .options
                        ? Response(status: .noContent) : Response.error(.methodNotAllowed, "Method Not Allowed")
                    response.headers[.allow] = allow
                    return response
                }
                continue
            }
            router.on(path, method: method) { request, context in
                let response = await respond(endpoint, request, PathParameters(context.parameters), edge)
                return isHead ? response.createHeadResponse() : response
            }
        }
    }

    private static func respond(
        _ endpoint: any Endpoint, _ request: Request, _ path: PathParameters, _ edge: HTTPEdge
    ) async -> Response {
        guard path.hasProperVersion else { return .error(.notFound, "Not Found") }
        do {
            return try await endpoint.respond(to: request, path, on: edge)
        } catch let error as ServingError {
            return error.response
        } catch let error as BodyError {
            return error.response
        } catch {
            return .error(.badRequest, "the request's body could not be read: \(error)")
        }
    }

    /// Answers a request; it never throws.
    package func respond(to request: Request, context: BasicRequestContext) async throws -> Response {
        let response = try await routes.respond(to: request, context: context)
        // What the router does not know it answers without a body.
        if response.status == .notFound, response.body.contentLength == 0, request.method != .head {
            return .error(.notFound, "Not Found")
        }
        return response
    }
}
