"""The frames of the benchmark as PyAV, OpenCV, decord and torchcodec decode them, one thread each.

Each reader takes a path and a function from the number of frames to the indices that are wanted, and returns the indices
and their frames, uint8 RGB [H, W, 3]. A frame that a reader did not find is missing.
"""

MODULES = {"pyav": "av", "opencv": "cv2", "decord": "decord", "torchcodec": "torchcodec", "torchcodec-approximate": "torchcodec"}


def pyav(path, choose):
    """Seeks to the key frame before the window and decodes to its end."""
    import av

    with av.open(path) as container:
        stream = container.streams.video[0]
        stream.thread_count = 1
        n = stream.frames or round(float(stream.duration or container.duration * 1e-6 / stream.time_base) * stream.time_base * stream.average_rate)
        want = choose(n)
        step = 1 / (stream.average_rate * stream.time_base)
        first = stream.start_time or 0
        if want[0]:
            container.seek(int(first + want[0] * step), stream=stream)
        at, found, wanted = 0, {}, set(want)
        for frame in container.decode(stream):
            index = round((frame.pts - first) / step) if frame.pts is not None else at
            at = index + 1
            if index in wanted:
                found[index] = frame.to_ndarray(format="rgb24")
            if index >= want[-1]:
                break
        return want, found


def opencv(path, choose):
    """Grabs frames from the beginning: OpenCV's own seeking does not promise the frame."""
    import cv2

    video = cv2.VideoCapture(path, cv2.CAP_FFMPEG, [cv2.CAP_PROP_N_THREADS, 1])
    want = choose(int(video.get(cv2.CAP_PROP_FRAME_COUNT)))
    wanted, found = set(want), {}
    for i in range(want[-1] + 1):
        if not video.grab():
            break
        if i in wanted:
            found[i] = cv2.cvtColor(video.retrieve()[1], cv2.COLOR_BGR2RGB)
    video.release()
    return want, found


def decord(path, choose):
    import decord as library

    reader = library.VideoReader(path, num_threads=1)
    want = choose(len(reader))
    return want, dict(zip(want, reader.get_batch(want).asnumpy()))


def torchcodec(path, choose, seek_mode="exact"):
    from torchcodec.decoders import VideoDecoder

    decoder = VideoDecoder(path, dimension_order="NHWC", num_ffmpeg_threads=1, seek_mode=seek_mode)
    want = choose(len(decoder))
    return want, dict(zip(want, decoder.get_frames_at(want).data.numpy()))


def torchcodec_approximate(path, choose):
    """Finds frames by the container's average rate instead of by a scan of its packets."""
    return torchcodec(path, choose, seek_mode="approximate")


READERS = {"pyav": pyav, "opencv": opencv, "decord": decord, "torchcodec": torchcodec, "torchcodec-approximate": torchcodec_approximate}


def middle(n, frames, stride):
    """The window of padapter's bench: in the middle of n frames, the last one repeated where the clip is too short."""
    start = max(0, (n - (frames - 1) * stride - 1) // 2)
    return [min(start + i * stride, n - 1) for i in range(frames)]
