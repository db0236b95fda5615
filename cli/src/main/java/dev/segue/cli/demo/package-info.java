/**
 * {@code segue demo}: camera frames from a publisher process to a subscriber process, four ways.
 *
 * <pre>
 *                    Demo (the process that you start)
 *          stdin: lane, finish │            │ stdin: lane, end, picture
 *          stdout: events      ▼            ▼ stdout: events
 *   FrameSource ──► PublisherProcess ══════► SubscriberProcess ──► PNG
 *                   loan, CameraFrame  Zenoh  CameraFrame in place, checksum
 * </pre>
 *
 * <p>Words: a <i>lane</i> is one way for a frame to go; <i>warm-up</i> frames go first and are not
 * measured; <i>capture</i> ends when the pixels lie in memory; a frame is <i>received</i> when its
 * Cap'n Proto message can be read.
 */
@NullMarked
package dev.segue.cli.demo;

import org.jspecify.annotations.NullMarked;
