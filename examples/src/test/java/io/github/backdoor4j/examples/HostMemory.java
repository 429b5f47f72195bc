package io.github.backdoor4j.examples;

import java.util.List;
import java.util.Set;
import java.util.TreeMap;

/** Where tensors in host memory are right, as {@code Type.method}, and why. */
final class HostMemory {

  private HostMemory() {}

  /** Methods that make a tensor for callers who place it; the rule looks at the callers. */
  static final Set<String> HANDED_ON =
      Set.of(
          "BenchmarkStore.perChannel",
          "Dct.matrix",
          "Dl4jArrays.tensor",
          "Dl4jClassifier.activations",
          "Dl4jClassifier.inputGradient",
          "Dl4jClassifier.logits",
          "FrequencyMark.pattern",
          "FrequencyMark.spectrum",
          "InkNetworks.colours",
          "InkTrigger.colour",
          "Picture.tensor",
          "Reflection.mask",
          "Reflection.window",
          "ReflectionTrigger.fitted",
          "Silhouettes.membership",
          "SmoothPatternSearch.nothing",
          "Ssba.message",
          "StepBenchmark.images",
          "Warp.axis",
          "Warp.identity",
          "Warp.sides");

  /** Methods whose tensors stay in host memory, or are placed elsewhere, each with the reason. */
  static final TreeMap<String, String> STAYS = new TreeMap<>();

  private static void because(String reason, String... methods) {
    for (String method : methods) {
      STAYS.put(method, reason);
    }
  }

  static {
    because(
        "declares a model's tensors, which Model.to moves", "Model.parameter", "Model.batchNorm2d");
    because(
        "is what Initializer.draw gives, which the rule follows",
        "Initializer.constant",
        "Initializer.normal",
        "Initializer.truncatedNormal",
        "Initializer.uniform",
        "ChannelMixer.<init>");
    because(
        "reads a file",
        "Safetensors.mapped",
        "Safetensors.readTensor",
        "TorchFile.values",
        "ReflectionBank.ofFolder", // ReflectionTrigger.stamp places the bank
        "LowFrequency.read"); // SmoothTrigger.stamp places the pattern
    because("writes a file", "CellFiles.save", "CellFiles.saveHoldout", "CellFiles.saveTriggered");
    because("images of files, which Inference places batch by batch", "PredictCommand.resized");
    because(
        "stamps single images of files on the CPU, whatever devices there are",
        "Stamper.stamp",
        "Stamper.trigger");
    because("a picture of files for people", "DifferenceSpectrum.levels");
    because(
        "a number for a meter, all of whose values are in host memory",
        "BlindStep.loss",
        "BlindStep.weighed",
        "StegaStep.observe");
    because(
        "numbers that Java counts with, tensors so that checkpoints hold them",
        "LossHistory.<init>",
        "StegaStep.<init>");
    because("a seed, a tensor so that records hold it", "ReflectionTrigger.of");
    because(
        "row numbers of all inputs, which Blends.apply places batch by batch",
        "Blending.draw",
        "Blending.drawFor",
        "Blending.drawPerBatch");
    because("angles, of which rotate() makes maps that it places", "BatchAugmentation.apply");
    because("small numbers, of which draw() makes maps that it places", "Interference.uniform");
    because("several parts of one grid, which is placed as a whole", "Warp.grid");
    because("the order in which a mask is filled, which is placed", "UnlearningStep.carriers");
    because("a mask, which NeuronPattern.of places", "TrojanNn.recipe");
  }

  /** Methods that touch memory through a pointer: what they touch is in host memory. */
  static final List<String> POINTERS =
      List.of(
          "ImageRows.decodeBatch", // of the data set that it reads
          "Resampling.matrices", // of what it has just made, before it is placed
          "Rotation.doubles", // the same
          "Safetensors.fill", // of what it has just made to read a file into
          "Safetensors.writeData", // of a copy on the CPU
          "Tensors.bytesOf", // what its callers, all in this list, have on the CPU
          "Tensors.crc32c", // of copies on the CPU, here and below
          "Tensors.sha256",
          "Tensors.toBytes",
          "Tensors.toDoubles",
          "Tensors.toFloats",
          "Tensors.toLongs",
          "Tensors.window", // what its callers have on the CPU
          "TorchFile.window"); // of what it has just made to read a file into
}
