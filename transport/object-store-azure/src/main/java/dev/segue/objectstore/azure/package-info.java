/**
 * Containers of Azure Blob Storage as {@link dev.segue.objectstore.ObjectStore}s, and the HTTP
 * client for any client of azure-core.
 *
 * <p>A {@link dev.segue.objectstore.azure.AzureRegionSink} in a request's context says where the
 * body of its response goes; a {@link dev.segue.objectstore.http.RegionBody} is written as the
 * regions that it lies in.
 */
@NullMarked
package dev.segue.objectstore.azure;

import org.jspecify.annotations.NullMarked;
