-- What wrk sends: the lines of the file named after `--`, one request each, over and over.
-- A line is METHOD, path and body, separated by tabs. The token comes from the environment, for others can read a command's line.

local requests, place = {}, 0
local headers = { ["Content-Type"] = "application/json" }

function init(arguments)
  local token = os.getenv("BENCHMARK_TOKEN")
  if token then
    headers["Authorization"] = "Bearer " .. token
  end
  for line in io.lines(arguments[1]) do
    local method, path, body = line:match("^([^\t]+)\t([^\t]+)\t?(.*)$")
    requests[#requests + 1] = wrk.format(method, path, headers, body ~= "" and body or nil)
  end
end

function request()
  place = place % #requests + 1
  return requests[place]
end
