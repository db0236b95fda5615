/**
 * {@code segue serve}: Zenoh topics and objects on HTTP/2.
 *
 * <pre>
 *   options ──► ZenohOptions ──► Session ──┐
 *           └─► ServeOptions ──► GatewayOptions ──► Gateway ──► browsers, curl, programs
 * </pre>
 */
@NullMarked
package dev.segue.cli.serve;

import org.jspecify.annotations.NullMarked;
