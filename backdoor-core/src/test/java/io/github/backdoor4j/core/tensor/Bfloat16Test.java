package io.github.backdoor4j.core.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class Bfloat16Test {

  @Test
  void listed_findsUnitsAmongTheFlagsOnly() {
    assertThat(Bfloat16.listed("model name\t: X\nflags\t\t: fpu avx2 avx512_bf16 vaes\n")).isTrue();
    assertThat(Bfloat16.listed("flags : fpu amx_bf16\n")).isTrue();
    assertThat(Bfloat16.listed("flags\t\t: fpu avx2 avx512f avx512bw\n")).isFalse();
    assertThat(Bfloat16.listed("bugs : avx512_bf16\n")).isFalse();
    assertThat(Bfloat16.listed("flags : xavx512_bf16x\n")).isFalse();
    assertThat(Bfloat16.listed("")).isFalse();
  }

  @Test
  void chosen_takesBfloat16_onlyIfItGainsClearly() {
    assertThat(Bfloat16.chosen(2.4, 1)).isEqualTo(Precision.BF16);
    assertThat(Bfloat16.chosen(1.2, 1)).isEqualTo(Precision.FP32);
    assertThat(Bfloat16.chosen(1, 16)).isEqualTo(Precision.FP32);
  }

  /** Emulated bfloat16 is many times slower, so no noise can turn this decision. */
  @Test
  void fastest_onAProcessorWithoutUnits_isFullPrecision_asATimedConvolutionConfirms() {
    org.junit.jupiter.api.Assumptions.assumeFalse(Bfloat16.listed(Bfloat16.cpuInfo()));

    assertThat(Precision.fastest(ComputeDevice.CPU)).isEqualTo(Precision.FP32);
    assertThat(Bfloat16.faster(ComputeDevice.CPU)).isEqualTo(Precision.FP32);
  }
}
