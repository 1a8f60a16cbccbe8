"""Spoken words by the eSpeak NG synthesiser, and the features that keyword spotting networks take.

    pip install numpy espeakng-loader

MFCC as in MLPerf Tiny's training code: 16 kHz, windows of 30 ms every 20 ms, 40 mel bands of 20 to 4000 Hz, the first
10 coefficients: 49 x 10 numbers a second.
"""

import ctypes
from functools import cache

import espeakng_loader
import numpy as np

WORDS = ["down", "go", "left", "no", "off", "on", "right", "stop", "up", "yes"]  # labels 0 to 9
SILENCE, UNKNOWN = 10, 11
OTHERS = ["house", "seven", "tree", "water", "marvin", "bird", "happy", "zero"]
VOICES = ["en-us", "en-gb", "en-us+f2", "en-us+m3", "en-gb+f4", "en-gb+m1", "en-us+f5", "en-us+m7"]
RATE, SECOND = 16000, 16000
WINDOW, STEP, FFT, BANDS, COEFFICIENTS = 480, 320, 512, 40, 10

RETRIEVAL, UTF8, SPEED, PITCH = 1, 1, 1, 3  # of eSpeak's interface


class Synthesiser:
    def __init__(self):
        self.library = ctypes.CDLL(espeakng_loader.get_library_path())
        self.rate = self.library.espeak_Initialize(RETRIEVAL, 0, espeakng_loader.get_data_path().encode(), 0)
        if self.rate <= 0:
            raise RuntimeError("eSpeak NG does not start")
        kind = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)
        self.callback = kind(self.collect)
        self.library.espeak_SetSynthCallback(self.callback)
        self.parts = []

    def collect(self, samples, count, _):
        if samples and count > 0:
            self.parts.append(np.ctypeslib.as_array(samples, (count,)).copy())
        return 0

    def say(self, word, voice, speed, pitch):
        """The word at 16 kHz, float64."""
        self.parts = []
        self.library.espeak_SetVoiceByName(voice.encode())
        self.library.espeak_SetParameter(SPEED, speed, 0)
        self.library.espeak_SetParameter(PITCH, pitch, 0)
        text = word.encode() + b"\0"
        self.library.espeak_Synth(text, len(text), 0, 0, 0, UTF8, None, None)
        self.library.espeak_Synchronize()
        sound = np.concatenate(self.parts).astype(np.float64)
        at = np.arange(int(len(sound) * RATE / self.rate)) * self.rate / RATE
        return np.interp(at, np.arange(len(sound)), sound)


@cache
def synthesiser():
    """The one of this process: eSpeak cannot be started twice."""
    return Synthesiser()


def one_second(sound, rng):
    """The sound somewhere in a second of faint noise, largest amplitude 1."""
    loud = np.flatnonzero(np.abs(sound) > 0.02 * np.abs(sound).max())
    sound = sound[loud[0] : loud[-1] + 1][:SECOND] / np.abs(sound).max()
    out = rng.normal(0, 10 ** rng.uniform(-3.5, -2), SECOND)
    start = rng.integers(0, SECOND - len(sound) + 1)
    out[start : start + len(sound)] += sound
    return out / np.abs(out).max()


def mel(frequency):
    return 1127 * np.log1p(np.asarray(frequency) / 700)


def mel_weights(bins, bands, low, high):
    """[bins, bands] triangles, even on the mel scale; the lowest bin is left out."""
    edges = np.linspace(mel(low), mel(high), bands + 2)
    at = mel(np.linspace(0, RATE / 2, bins))[:, None]
    rise = (at - edges[:-2]) / (edges[1:-1] - edges[:-2])
    fall = (edges[2:] - at) / (edges[2:] - edges[1:-1])
    weights = np.maximum(0, np.minimum(rise, fall))
    weights[0] = 0
    return weights


def spectra(sound, window, step, size):
    """[frames, size / 2 + 1] magnitudes under a Hann window."""
    frames = np.lib.stride_tricks.sliding_window_view(sound, window)[::step]
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(window) / window)
    return np.abs(np.fft.rfft(frames * hann, size))


def mfcc(sound):
    """[49, 10]"""
    power = spectra(sound, WINDOW, STEP, FFT) @ mel_weights(FFT // 2 + 1, BANDS, 20, 4000)
    k, n = np.arange(COEFFICIENTS)[:, None], np.arange(BANDS)
    cosine = 2 * np.cos(np.pi * k * (2 * n + 1) / (2 * BANDS)) / np.sqrt(2 * BANDS)
    return np.log(power + 1e-6) @ cosine.T


def log_mel_frames(sound, frames=5, bands=128):
    """[count, 640]: runs of five log-mel frames, decibels, as the anomaly detector takes them."""
    power = spectra(sound, 1024, 512, 1024) ** 2 @ mel_weights(513, bands, 0, RATE / 2)
    level = 10 * np.log10(power + np.finfo(np.float32).eps)
    return np.stack([level[i : i + frames].ravel() for i in range(len(level) - frames + 1)])


def utterances(count, seed):
    """(sounds of one second, labels)"""
    rng, machine = np.random.default_rng(seed), synthesiser()
    sounds, labels = [], []
    for i in range(count):
        label = i % 12
        if label == SILENCE:
            sounds.append(rng.normal(0, 1, SECOND) / 4)
        else:
            word = rng.choice(OTHERS) if label == UNKNOWN else WORDS[label]
            spoken = machine.say(word, rng.choice(VOICES), int(rng.integers(110, 180)), int(rng.integers(20, 80)))
            sounds.append(one_second(spoken, rng))
        labels.append(label)
    return sounds, np.array(labels)
