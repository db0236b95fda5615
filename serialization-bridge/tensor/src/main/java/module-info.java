/** Tensors of .npy, .npz and safetensors files as views. */
module dev.segue.tensor {
  requires static transitive org.jspecify;
  requires transitive dev.segue.bytes;
  requires transitive dev.segue.objectstore;

  exports dev.segue.tensor;
}
