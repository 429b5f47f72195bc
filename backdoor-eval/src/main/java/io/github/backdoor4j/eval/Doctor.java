package io.github.backdoor4j.eval;

import io.github.backdoor4j.core.BackdoorException;
import io.github.backdoor4j.core.record.Provenance;
import io.github.backdoor4j.core.spi.DatasetSource;
import io.github.backdoor4j.core.spi.Registries;
import io.github.backdoor4j.core.tensor.ComputeDevice;
import io.github.backdoor4j.core.tensor.Engine;
import io.github.backdoor4j.core.tensor.TensorScope;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Properties;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** Looks at everything that Backdoor4J needs, and says what to do about what is missing. */
final class Doctor {

  /** How good or bad a finding is. */
  enum Level {
    /** As it should be. */
    OK,
    /** Works, with something to know. */
    NOTE,
    /** Does not work. */
    PROBLEM
  }

  /**
   * One thing that was looked at.
   *
   * @param remedy what to do; empty if nothing
   */
  record Finding(String topic, Level level, String value, String remedy) {

    static Finding ok(String topic, String template, Object... args) {
      return new Finding(topic, Level.OK, String.format(Locale.ROOT, template, args), "");
    }

    static Finding note(String topic, String value, String remedy) {
      return new Finding(topic, Level.NOTE, value, remedy);
    }

    static Finding problem(String topic, String value, String remedy) {
      return new Finding(topic, Level.PROBLEM, value, remedy);
    }
  }

  private static final String CUDA_NEEDS =
      "For a GPU: NVIDIA driver, CUDA 13.1, cuDNN 9 and NCCL on the machine, then"
          + " BACKDOOR4J_BUILD_OPTS=-Pcuda ./backdoor4j doctor";

  private final Supplier<Registries> registries;
  private final List<Finding> findings = new ArrayList<>();
  private final DoctorSystem system = new DoctorSystem();

  Doctor(Supplier<Registries> registries) {
    this.registries = registries;
  }

  /** Everything, in the order to show it. */
  List<Finding> examine() {
    Properties build = Provenance.build();
    findings.add(
        Finding.ok(
            "Backdoor4J",
            "%s, commit %s",
            build.getProperty("version", "unknown"),
            build.getProperty("commit", "unknown")));
    findings.addAll(system.findings());
    boolean engine = engine();
    findings.addAll(plugins());
    if (engine) {
      data();
      speed();
    }
    return findings;
  }

  private boolean engine() {
    boolean gpuNatives = system.hasNatives("-gpu");
    if (gpuNatives && !EngineProbe.survives()) {
      findings.add(
          Finding.problem(
              "engine",
              "the CUDA natives are on the class path, but loading them ends the process",
              "Some library of CUDA is missing. "
                  + CUDA_NEEDS
                  + "; or go back to the CPU: BACKDOOR4J_BUILD_OPTS= ./backdoor4j doctor"));
      return false;
    }
    try {
      findings.add(
          Finding.ok(
              "engine",
              "%s, kernels for %s, %s",
              Engine.version(),
              Engine.cpuCapability(),
              ReportText.count(Engine.threads(), "thread")));
    } catch (BackdoorException e) {
      findings.add(Finding.problem("engine", e.getMessage(), system.nativesRemedy()));
      return false;
    }
    cuda(gpuNatives);
    findings.add(system.bf16(Engine.cudaAvailable()));
    return true;
  }

  private void cuda(boolean gpuNatives) {
    int devices = Engine.cudaDevices();
    if (devices > 0) {
      findings.add(Finding.ok("CUDA", "%s", ReportText.count(devices, "device")));
    } else if (gpuNatives) {
      findings.add(
          Finding.note("CUDA", "natives are there, but no usable device", "Check 'nvidia-smi'."));
    } else {
      findings.add(Finding.note("CUDA", "not used: the natives are those for CPUs", CUDA_NEEDS));
    }
  }

  /** What the registries hold, and what they could not load. */
  List<Finding> plugins() {
    try {
      Catalog catalog = new Catalog(registries.get());
      List<Finding> found = new ArrayList<>();
      found.add(Finding.ok("methods", "%s", counts(catalog)));
      for (Catalog.Item item : catalog.items()) {
        if (item.foreign()) {
          found.add(Finding.ok("plug-in", "%s: %s", item.id(), item.origin()));
        }
      }
      for (String failure : catalog.failures()) {
        found.add(Finding.problem("plug-in", failure, "Mend its jar or take it away."));
      }
      return found;
    } catch (BackdoorException e) {
      return List.of(Finding.problem("methods", e.getMessage(), ""));
    }
  }

  private static String counts(Catalog catalog) {
    return Arrays.stream(Catalog.Kind.values())
        .map(kind -> ReportText.count(catalog.items(kind).size(), kind.word()))
        .collect(Collectors.joining(", "));
  }

  private void data() {
    try (TensorScope scope = TensorScope.open()) {
      BoundData source =
          BoundData.of(registries.get(), MethodChoice.of("fashion-mnist"), Optional.empty());
      DatasetSource.Splits splits = source.load(); // checks every hash
      findings.add(
          Finding.ok(
              "embedded data",
              "%s, %d + %d images, all hashes right",
              source.id(),
              splits.training().size(),
              splits.test().size()));
    } catch (BackdoorException e) {
      findings.add(Finding.problem("embedded data", e.getMessage(), ""));
    }
  }

  private void speed() {
    speed(ComputeDevice.CPU);
    for (int i = 0; i < Engine.cudaDevices(); i++) {
      speed(ComputeDevice.cuda(i));
    }
  }

  private void speed(ComputeDevice device) {
    try {
      findings.add(
          Finding.ok(
              "speed of " + device,
              "%.0f GFLOPS multiplying matrices, %.0f GFLOPS convolving",
              SpeedProbe.matrixProduct(device, ScalarType.Float),
              SpeedProbe.convolution(device)));
    } catch (RuntimeException e) { // of the engine, in words of its own
      findings.add(
          Finding.problem(
              "speed of " + device,
              e.toString().lines().findFirst().orElse(""),
              device.cuda() ? "Use --device cpu." : ""));
    }
  }
}
